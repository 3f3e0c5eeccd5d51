using System.Globalization;
using System.Net;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Server.Clients;

/// <summary>Our own protocol: <c>/executions/{job}/{attempt}</c>.</summary>
internal sealed class NativeClientProtocol : IClientProtocol
{
    private readonly ClientHttp _http;
    private readonly string _baseAddress;
    private readonly ReleaseBatch _releases;

    public NativeClientProtocol(ClientHttp http, string baseAddress)
    {
        (_http, _baseAddress) = (http, baseAddress);
        _releases = new ReleaseBatch(ReleaseAsync, http.Clock);
    }

    public Task<(ExecutionRef Execution, ExecutionReport Report)> SubmitAsync(Submission submission, CancellationToken cancellationToken) =>
        _http.UploadAsync(
            HttpMethod.Put, Address(submission.Execution), submission.InputDirectory, submission.Request,
            async (response, token) => (submission.Execution, await ReadReportAsync(response, token)),
            cancellationToken);

    public Task<ExecutionReport?> FindAsync(ExecutionRef execution, CancellationToken cancellationToken) =>
        _http.CallAsync(
            HttpMethod.Get, Address(execution),
            async (response, token) => response.StatusCode == HttpStatusCode.NotFound ? null : await ReadReportAsync(response, token),
            cancellationToken);

    public Task<IReadOnlyList<ExecutionReport>> ListAsync(CancellationToken cancellationToken) => _http.CallAsync(
        HttpMethod.Get, new Uri(_baseAddress + "/executions"),
        async (response, token) =>
        {
            await ThrowIfRefusedAsync(response, token);
            return await response.Content.ReadFromJsonAsync(ContractsJson.Default.IReadOnlyListExecutionReport, token) ?? [];
        },
        cancellationToken);

    public Task<bool> FetchResultAsync(ExecutionRef execution, string path, CancellationToken cancellationToken) =>
        _http.DownloadAsync(Address(execution, "/result"), path, cancellationToken);

    public Task<bool> CopyPartialAsync(ExecutionRef execution, Func<Stream> target, CancellationToken cancellationToken) =>
        _http.CopyAsync(Address(execution, "/partial"), target, cancellationToken);

    public Task KillAsync(ExecutionRef execution, CancellationToken cancellationToken) =>
        _http.CallAsync(HttpMethod.Post, Address(execution, "/kill"), AcceptMissingAsync, cancellationToken);

    public Task ReleaseAsync(ExecutionRef execution, CancellationToken cancellationToken) =>
        _releases.ReleaseAsync(new ExecutionName(execution.JobId, execution.Attempt, execution.Upload), cancellationToken);

    public Task SetDrainingAsync(bool draining, CancellationToken cancellationToken) => _http.CallAsync(
        HttpMethod.Post, new Uri(_baseAddress + (draining ? "/drain" : "/resume")),
        async (response, token) =>
        {
            await ThrowIfRefusedAsync(response, token);
            return true;
        },
        cancellationToken);

    public async Task<ClientLog?> OpenLogAsync(ExecutionRef execution, LogRequest request, CancellationToken cancellationToken)
    {
        var part = request.Tail is { } tail ? $"tail={tail}" : $"from={request.From}";
        var response = await _http.OpenAsync(
            Address(execution, "/logs", $"&stream={request.Stream}&{part}&follow={(request.Follow ? "true" : "false")}"), cancellationToken);
        try
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                response.Dispose();
                return null;
            }

            await ThrowIfRefusedAsync(response, cancellationToken);
            var offset = response.Headers.TryGetValues(ExecutionReport.LogOffsetHeader, out var values)
                && long.TryParse(values.Single(), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : request.From;
            return new ClientLog(response, await response.Content.ReadAsStreamAsync(cancellationToken), offset);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public Task<ExecutionFileList?> ListFilesAsync(ExecutionRef execution, CancellationToken cancellationToken) => _http.CallAsync(
        HttpMethod.Get, Address(execution, "/files"),
        async (response, token) =>
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            await ThrowIfRefusedAsync(response, token);
            return await response.Content.ReadFromJsonAsync(ContractsJson.Default.ExecutionFileList, token);
        },
        cancellationToken);

    public Task<bool> CopyFileAsync(ExecutionRef execution, string path, Func<long?, Stream> target, CancellationToken cancellationToken) =>
        _http.CopyFileAsync(
            Address(execution, "/files/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString))), target, cancellationToken);

    private Task<IReadOnlyList<ExecutionName>> ReleaseAsync(IReadOnlyList<ExecutionName> names) => _http.CallAsync(
        HttpMethod.Post, new Uri(_baseAddress + "/executions/release"),
        async (response, token) =>
        {
            await ThrowIfRefusedAsync(response, token);
            return await response.Content.ReadFromJsonAsync(ContractsJson.Default.IReadOnlyListExecutionName, token) ?? [];
        },
        CancellationToken.None, content: () => JsonContent.Create(names, ContractsJson.Default.IReadOnlyListExecutionName));

    public Task<ScriptVerdict?> ValidateAsync(string service, byte[] script, CancellationToken cancellationToken) => _http.CallAsync(
        HttpMethod.Post, new Uri($"{_baseAddress}/validate?service={Uri.EscapeDataString(service)}"),
        async (response, token) =>
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            await ThrowIfRefusedAsync(response, token);
            return await response.Content.ReadFromJsonAsync(V1Json.Default.ScriptVerdict, token);
        },
        cancellationToken, content: () => new ByteArrayContent(script));

    private static async Task<bool> AcceptMissingAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await ThrowIfRefusedAsync(response, cancellationToken);
        }

        return true;
    }

    private static async Task<ExecutionReport> ReadReportAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await ThrowIfRefusedAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync(ContractsJson.Default.ExecutionReport, cancellationToken)
            ?? throw new ClientException(EndReason.ClientFailed, "The client node answered 'null'.");
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var reason = response.StatusCode == HttpStatusCode.InsufficientStorage ? EndReason.DiskFull : EndReason.ClientFailed;
        throw new ClientException(reason, $"The client node answered {(int)response.StatusCode}: {text[..Math.Min(text.Length, 500)]}")
        {
            IsRefusal = true,
        };
    }

    private Uri Address(ExecutionRef execution, string suffix = "", string query = "") =>
        new($"{_baseAddress}/executions/{execution.JobId}/{execution.Attempt}{suffix}?upload={execution.Upload}{query}");
}
