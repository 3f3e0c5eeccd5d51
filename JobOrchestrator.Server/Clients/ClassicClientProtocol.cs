using System.Net;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// The protocol of job-orchestrator 2.2.3. Such a client gives every submission a number of its own, tells the end only when asked, and
/// neither why a script failed nor with which exit code.
/// </summary>
internal sealed class ClassicClientProtocol(ClientHttp http, ClassicUrls urls, TimeProvider clock) : IClientProtocol
{
    public Task<(ExecutionRef Execution, ExecutionReport Report)> SubmitAsync(Submission submission, CancellationToken cancellationToken) =>
        http.UploadAsync(
            HttpMethod.Post, urls.Upload, submission.InputDirectory, request: null,
            async (response, token) =>
            {
                if (!response.IsSuccessStatusCode)
                {
                    throw Refused(response);
                }

                await using var body = await response.Content.ReadAsStreamAsync(token);
                var payload = await PayloadReader.ReadAsync(body, token);
                var execution = submission.Execution with { ClassicId = payload.Id };
                return (execution, Report(execution, payload.Status));
            },
            cancellationToken);

    public Task<IReadOnlyList<ExecutionReport>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ExecutionReport>>([]);

    public Task<ExecutionReport?> FindAsync(ExecutionRef execution, CancellationToken cancellationToken) =>
        http.CallAsync(
            HttpMethod.Get, WithId(urls.Download, execution),
            async (response, token) =>
            {
                if (response.StatusCode == HttpStatusCode.NotFound)
                {
                    return null;
                }

                if (!response.IsSuccessStatusCode)
                {
                    throw Refused(response);
                }

                // A ZIP means that it is completed; its bytes are left for FetchResultAsync.
                if (response.Content.Headers.ContentType?.MediaType == "application/zip")
                {
                    return Report(execution, ClassicStatus.Completed);
                }

                await using var body = await response.Content.ReadAsStreamAsync(token);
                return Report(execution, (await PayloadReader.ReadAsync(body, token)).Status);
            },
            cancellationToken);

    public Task<bool> FetchResultAsync(ExecutionRef execution, string path, CancellationToken cancellationToken) =>
        http.DownloadAsync(WithId(urls.Download, execution), path, cancellationToken);

    public Task<bool> CopyPartialAsync(ExecutionRef execution, Func<Stream> target, CancellationToken cancellationToken) =>
        http.CopyAsync(WithId(PartialAddress(), execution), target, cancellationToken);

    public Task KillAsync(ExecutionRef execution, CancellationToken cancellationToken) =>
        http.CallAsync(
            HttpMethod.Post, WithId(urls.Terminate, execution),
            (response, _) => response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotFound
                ? Task.FromResult(true)
                : throw Refused(response),
            cancellationToken);

    /// <summary>A classic client deletes by age only.</summary>
    public Task ReleaseAsync(ExecutionRef execution, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetDrainingAsync(bool draining, CancellationToken cancellationToken) => Task.FromException(
        new ClientException(EndReason.ClientFailed, "A classic client node cannot be drained; take it out of the service's configuration instead."));

    /// <summary>A classic client shows no output before the result, and no files but as a whole.</summary>
    public Task<ClientLog?> OpenLogAsync(ExecutionRef execution, LogRequest request, CancellationToken cancellationToken) =>
        Task.FromResult<ClientLog?>(null);

    public Task<ExecutionFileList?> ListFilesAsync(ExecutionRef execution, CancellationToken cancellationToken) =>
        Task.FromResult<ExecutionFileList?>(null);

    public Task<bool> CopyFileAsync(ExecutionRef execution, string path, Func<long?, Stream> target, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    public Task<ScriptVerdict?> ValidateAsync(string service, byte[] script, CancellationToken cancellationToken) =>
        Task.FromResult<ScriptVerdict?>(null);

    private static ClientException Refused(HttpResponseMessage response) =>
        new(EndReason.ClientFailed, $"The client node answered {(int)response.StatusCode} {response.ReasonPhrase}") { IsRefusal = true };

    private static Uri WithId(Uri address, ExecutionRef execution) => new($"{address.AbsoluteUri.TrimEnd('/')}/{execution.ClassicId
        ?? throw new ClientException(EndReason.ClientFailed, "The client node gave this execution no id.")}");

    /// <summary>The classic server derives it from the download URL as well.</summary>
    private Uri PartialAddress()
    {
        var download = urls.Download.AbsoluteUri.TrimEnd('/');
        return new Uri(download[..(download.LastIndexOf('/') + 1)] + "retrieve_partial");
    }

    private ExecutionReport Report(ExecutionRef execution, ClassicStatus status)
    {
        var (state, reason, message) = status switch
        {
            ClassicStatus.Completed => (ExecutionState.Completed, EndReason.Exited, ""),
            ClassicStatus.Failed => (ExecutionState.Failed, EndReason.Exited, "The script failed; this client node does not say how."),
            ClassicStatus.Invalid => (ExecutionState.Invalid, EndReason.Rejected,
                "The client node refused the script; it does not say why. It wants a run.sh that sets trap 'echo \"$?\" > .orchestrator.exit' EXIT."),
            ClassicStatus.Killed => (ExecutionState.Killed, EndReason.Cancelled, "Cancelled on the client node."),
            ClassicStatus.Cleaned => (ExecutionState.Lost, EndReason.CollectFailed, "The client node removed the files before they were fetched."),
            ClassicStatus.Running or ClassicStatus.Locked => (ExecutionState.Running, EndReason.None, ""),
            _ => (ExecutionState.Prepared, EndReason.None, ""),
        };
        return new ExecutionReport
        {
            JobId = execution.JobId,
            Attempt = execution.Attempt,
            Upload = execution.Upload,
            State = state,
            Reason = reason,
            Message = message,
            ExitCode = state == ExecutionState.Completed ? 0 : null,
            AcceptedAt = clock.GetUtcNow(),
        };
    }
}
