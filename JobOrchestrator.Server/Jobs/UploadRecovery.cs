using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// What a start does before anything else: finishes or removes what a crash cut off (uploads, collections, deletions), and rebuilds the
/// <see cref="Scheduling.JobQueue"/> from the database.
/// </summary>
internal sealed partial class UploadRecovery(
    JobStore store, JobFiles files, Scheduling.JobQueue queue, ILogger<UploadRecovery> logger)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var key in files.ListStaging().ToArray())
        {
            if (await store.FindByStagingKeyAsync(key, cancellationToken) is { CleanedAt: null } job)
            {
                files.Publish(key, job.Id);
                using var scope = logger.BeginJobScope(job);
                Log.Published(logger, job.Id);
            }
            else
            {
                files.DeleteStaging(key);
                Log.Removed(logger, key);
            }
        }

        files.ClearCollecting();
        foreach (var jobId in files.ListTrash().ToArray())
        {
            await store.MarkCleanedAsync(jobId);
            files.EmptyTrash(jobId);
        }

        foreach (var job in await store.ListAsync(JobStateTable.Active, cancellationToken))
        {
            queue.MarkRunning(Scheduling.LiveJob.Of(job));
        }

        foreach (var job in await store.ListAsync([JobState.Queued], cancellationToken))
        {
            store.Admit(job, reserved: false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId} had been acknowledged when the server ended; its files are in place now")]
        public static partial void Published(ILogger logger, int jobId);

        [LoggerMessage(LogLevel.Information, "Removed upload {Key}, which never was acknowledged")]
        public static partial void Removed(ILogger logger, string key);
    }
}
