using System.Collections.Concurrent;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Uploads whose row was committed, whose files could then not be put in their place, and whose end could not be written down either: their sender
/// was told that they failed, and so they must end. Tried again until the database takes it; a start of the server meanwhile puts the files in
/// their place instead, and the job runs.
/// </summary>
internal sealed partial class UnstoredUploads(JobStore store, JobFiles files, ILogger<UnstoredUploads> logger)
{
    private readonly ConcurrentDictionary<int, Job> _staged = new();

    /// <summary>Ends such a job now, or else later. Never throws.</summary>
    public async Task EndAsync(Job job)
    {
        _staged[job.Id] = job;
        await TryEndAsync(job);
    }

    /// <summary>Ends those that are left.</summary>
    public async Task RunOnceAsync()
    {
        foreach (var job in _staged.Values)
        {
            await TryEndAsync(job);
        }
    }

    private async Task TryEndAsync(Job job)
    {
        using var scope = logger.BeginJobScope(job);
        try
        {
            // It was never given out, so its attempt is 0; that it is cancelled by now is as good.
            await store.TryFinishAsync(job.Id, attempt: 0, new JobEnding(JobState.Failed, EndReason.StorageFailed, "The server could not store the upload"));
            files.DeleteStaging(job.StagingKey);
            _staged.TryRemove(job.Id, out _);
        }
        catch (Exception e)
        {
            Log.NotEnded(logger, job.Id, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Job {JobId}, whose upload could not be stored, cannot be ended yet; it is tried again")]
        public static partial void NotEnded(ILogger logger, int jobId, Exception exception);
    }
}
