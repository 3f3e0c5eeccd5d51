using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Cli.Server;

/// <summary>The v1 API from a user's side. Every failure is a <see cref="CliException"/> that says what to do.</summary>
internal sealed class JobsApi : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly Uri _server;

    public JobsApi(Uri server, string? key)
    {
        _server = server;
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectLimit, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(server, "api/v1/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Whether requests show a key, so that the server knows who asks.</summary>
    public bool HasKey => _http.DefaultRequestHeaders.Authorization is not null;

    public void Dispose() => _http.Dispose();

    /// <summary>Submits a job. The idempotency key makes repeating it after a broken connection harmless.</summary>
    public async Task<JobRecord> SubmitAsync(HttpContent form, string idempotencyKey, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "jobs") { Content = form };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, V1Json.Default.JobRecord, cancellationToken);
    }

    public Task<JobRecord> GetJobAsync(int id, CancellationToken cancellationToken) => GetAsync($"jobs/{id}", V1Json.Default.JobRecord, cancellationToken);

    public Task<JobPage> ListJobsAsync(string query, CancellationToken cancellationToken) => GetAsync($"jobs{query}", V1Json.Default.JobPage, cancellationToken);

    public Task<Explanation> ExplainAsync(int id, CancellationToken cancellationToken) => GetAsync($"jobs/{id}/explain", V1Json.Default.Explanation, cancellationToken);

    public Task<ServiceList> ListServicesAsync(CancellationToken cancellationToken) => GetAsync("services", V1Json.Default.ServiceList, cancellationToken);

    public Task<ClientList> ListClientsAsync(CancellationToken cancellationToken) => GetAsync("clients", V1Json.Default.ClientList, cancellationToken);

    public Task<JobRecord> CancelAsync(int id, CancellationToken cancellationToken) => CallAsync(HttpMethod.Delete, $"jobs/{id}", V1Json.Default.JobRecord, cancellationToken);

    public Task<JobRecord> ResubmitAsync(int id, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, $"jobs/{id}/resubmit", V1Json.Default.JobRecord, cancellationToken);

    /// <summary>Takes a client node out of service, or back in.</summary>
    public async Task DrainAsync(string client, bool drain, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"clients/{Uri.EscapeDataString(client)}/{(drain ? "drain" : "resume")}");
        using var answer = await SendAsync(request, cancellationToken);
    }

    /// <summary>Asks the server's validator about a script.</summary>
    public async Task<ScriptVerdict> ValidateAsync(HttpContent form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "validate") { Content = form };
        using var answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, V1Json.Default.ScriptVerdict, cancellationToken);
    }

    /// <summary>Opens the output of a job from a position on; with <paramref name="follow"/> it ends when the job does. The caller disposes it.</summary>
    public Task<HttpResponseMessage> OpenLogAsync(int id, string stream, long from, bool follow, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, string.Create(
            CultureInfo.InvariantCulture, $"jobs/{id}/logs?stream={stream}&from={from}&follow={(follow ? "true" : "false")}"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        return SendAsync(request, cancellationToken);
    }

    /// <summary>Opens the result from a byte on, if it is still the one <paramref name="tag"/> names; from its beginning else. The caller disposes it.</summary>
    public Task<HttpResponseMessage> OpenResultAsync(int id, long from, string? tag, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"jobs/{id}/result");
        if (from > 0 && tag is not null)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(EntityTagHeaderValue.Parse(tag));
        }

        return SendAsync(request, cancellationToken);
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) => CallAsync(HttpMethod.Get, path, type, cancellationToken);

    private async Task<T> CallAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        using var answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, type, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CliException(
                $"Cannot reach the server at {_server}: {e.Message} Is it running? Another one: --server URL, or $JOBS_SERVER.", ExitCodes.Unavailable);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException($"The server at {_server} did not answer in time.", ExitCodes.Unavailable);
        }

        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw await ErrorAsync(answer, cancellationToken);
        }
    }

    private async Task<CliException> ErrorAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var detail = await DetailAsync(answer, cancellationToken);
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new CliException($"{detail} (jobs login keeps a key, $JOBS_KEY names one)", ExitCodes.NotAllowed),
            HttpStatusCode.Forbidden => new CliException(detail, ExitCodes.NotAllowed),
            _ => new CliException(detail),
        };
    }

    private async Task<string> DetailAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var code = (int)answer.StatusCode;
        if (answer.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
        {
            return $"{_server} answered {code} {answer.ReasonPhrase}; is it a JobOrchestrator server?";
        }

        try
        {
            using var body = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            return body.RootElement.TryGetProperty("detail", out var detail) || body.RootElement.TryGetProperty("message", out detail)
                ? detail.ToString()
                : $"{_server} answered {code} {answer.ReasonPhrase}.";
        }
        catch (JsonException)
        {
            return $"{_server} answered {code} {answer.ReasonPhrase}, with an explanation that cannot be read.";
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new CliException($"{_server} gave an answer that this version of jobs cannot read: {e.Message}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CliException($"The connection to {_server} broke: {e.Message}", ExitCodes.Unavailable);
        }
    }
}
