using System.Collections.Concurrent;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Uploads whose row was committed, whose files could then not be put in their place, and whose end could not be written down either: their sender
/// was told that they failed, and so they must end. Tried again until the database takes it; a start of the server meanwhile puts the files in
/// their place instead, and the job runs.
/// </summary>
internal sealed partial class UnstoredUploads(JobStore store, JobFiles files, ILogger<UnstoredUploads> logger)
{
    private readonly ConcurrentDictionary<int, string> _staged = new();

    /// <summary>Ends such a job now, or else later. Never throws.</summary>
    public async Task EndAsync(Job job, string stagingKey)
    {
        _staged[job.Id] = stagingKey;
        await TryEndAsync(job.Id, stagingKey);
    }

    /// <summary>Ends those that are left.</summary>
    public async Task RunOnceAsync()
    {
        foreach (var (jobId, stagingKey) in _staged)
        {
            await TryEndAsync(jobId, stagingKey);
        }
    }

    private async Task TryEndAsync(int jobId, string stagingKey)
    {
        try
        {
            // It was never given out, so its attempt is 0; that it is cancelled by now is as good.
            await store.TryFinishAsync(jobId, attempt: 0, new JobEnding(JobState.Failed, EndReason.StorageFailed, "The server could not store the upload"));
            files.DeleteStaging(stagingKey);
            _staged.TryRemove(jobId, out _);
        }
        catch (Exception e)
        {
            Log.NotEnded(logger, jobId, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Job {JobId}, whose upload could not be stored, cannot be ended yet; it is tried again")]
        public static partial void NotEnded(ILogger logger, int jobId, Exception exception);
    }
}
