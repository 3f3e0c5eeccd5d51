using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Explain;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Scheduling;
using Microsoft.AspNetCore.Components.Authorization;

namespace JobOrchestrator.Server.Ui;

/// <summary>
/// What the pages may do, as the caller whose session it is: the same records and the same rules as the v1 API, without the way over HTTP.
/// Every method throws <see cref="ApiException"/> with words for the reader.
/// </summary>
internal sealed class UiGateway(
    AuthenticationStateProvider session, JobSearch search, JobStore store, JobFiles files, JobQueue queue, ServiceCatalog catalog,
    ClientRegistry registry, RunningJobKiller killer, Dispatcher dispatcher, Explainer explainer, UploadReceiver receiver)
{
    /// <summary>Bytes of a file that are shown.</summary>
    public const int PreviewBytes = 256 * 1024;

    public async Task<Caller> GetCallerAsync() => Caller.From((await session.GetAuthenticationStateAsync()).User);

    /// <summary>Jobs, newest first, that the caller may see.</summary>
    public async Task<IReadOnlyList<JobRecord>> ListAsync(IReadOnlyList<JobState> states, string? service, int? userId, int before, int limit)
    {
        var caller = await GetCallerAsync();
        var filter = new JobFilter { States = states, Service = service, UserId = caller.UserId ?? userId };
        return [.. (await search.ListAsync(filter, before, limit, CancellationToken.None)).Select(job => job.ToRecord())];
    }

    public async Task<JobRecord> GetAsync(int id)
    {
        var job = await FindAsync(id);
        return job.ToRecord(await store.ListAttemptsAsync(id, CancellationToken.None), await search.ListEventsAsync(id, CancellationToken.None));
    }

    public async Task CancelAsync(int id)
    {
        await RequireAsync(Role.Submit);
        await FindAsync(id);
        var (job, changed) = await store.CancelAsync(id, "Cancelled by request");
        if (changed)
        {
            dispatcher.Wake();
            await killer.KillAsync(job!);
        }
    }

    /// <summary>Why the job waits, or how it ended.</summary>
    public async Task<Explanation> ExplainAsync(int id) => await explainer.ExplainAsync(await FindAsync(id), CancellationToken.None);

    /// <summary>Submits an ended job's files again; the new job's id.</summary>
    public async Task<int> ResubmitAsync(int id)
    {
        await RequireAsync(Role.Submit);
        return (await V1JobEndpoints.ResubmitAsync(id, store, receiver, CancellationToken.None)).Value!.Id;
    }

    /// <summary>The files of an ended job; null when there are none.</summary>
    public async Task<FileList?> ListFilesAsync(int id)
    {
        var job = await FindAsync(id);
        return job.HasResult && File.Exists(files.ResultPath(job)) ? await ResultZip.ListAsync(files.ResultPath(job), CancellationToken.None) : null;
    }

    /// <summary>The first <see cref="PreviewBytes"/> bytes of a file of a result, and its whole size.</summary>
    public async Task<(byte[] Bytes, long Size)> ReadFileAsync(int id, string path)
    {
        var job = await FindAsync(id);
        await using var file = await ResultZip.OpenFileAsync(files.ResultPath(job), path, CancellationToken.None)
            ?? throw new ApiException(ProblemKind.FileNotFound, $"The result of job {id} has no file '{path}'.");
        var buffer = new byte[Math.Min(file.Length, PreviewBytes)];
        var read = await file.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
        return (buffer[..read], file.Length);
    }

    public async Task<IReadOnlyList<ServiceRecord>> ListServicesAsync() =>
        V1ServiceEndpoints.Describe(await GetCallerAsync(), catalog, queue, registry).Services;

    public IReadOnlyList<ClientRecord> ListClients() => V1ClientEndpoints.Describe(registry).Clients;

    public async Task SetDrainingAsync(string client, bool draining)
    {
        await RequireAsync(Role.Admin);
        await V1ClientEndpoints.SetDrainingAsync(client, draining, registry, CancellationToken.None);
    }

    private async Task<Job> FindAsync(int id)
    {
        var caller = await GetCallerAsync();
        return await store.FindAsync(id, CancellationToken.None) is { } job && caller.ActsFor(job.UserId) ? job : throw V1JobEndpoints.NoJob(id);
    }

    private async Task RequireAsync(Role role)
    {
        var caller = await GetCallerAsync();
        if (caller.Role < role)
        {
            throw new ApiException(ProblemKind.Forbidden, $"'{caller.Name}' may not do this; it needs a key of a higher role.");
        }
    }
}
