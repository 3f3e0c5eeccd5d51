using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Retention;

/// <summary>Removes the files of jobs that ended longer than <c>MAX_AGE</c> ago. Goes by the time of the end on record, never by file times.</summary>
internal sealed partial class RetentionSweeper(
    JobStore store, JobFiles files, ServerOptions options, TimeProvider clock, ILogger<RetentionSweeper> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>Sweeps everything that is due; returns how many jobs were cleaned.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var cleaned = 0;
        while (await store.ListExpiredAsync(clock.GetUtcNow() - options.MaxAge, BatchSize, cancellationToken) is { Count: > 0 } expired)
        {
            foreach (var jobId in expired)
            {
                // Out of the way in one step first: a crash here leaves them in the trash, and the next start goes on from there.
                files.Discard(jobId);
                await store.MarkCleanedAsync(jobId);
                files.EmptyTrash(jobId);
                cleaned++;
            }
        }

        return cleaned;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = TimeSpan.FromTicks(Math.Clamp(options.MaxAge.Ticks / 4, MinPeriod.Ticks, MaxPeriod.Ticks));
        using var timer = new PeriodicTimer(period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunGuardedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task RunGuardedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var cleaned = await RunOnceAsync(cancellationToken);
            if (cleaned > 0)
            {
                Log.Cleaned(logger, cleaned);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.SweepFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Removed the files of {Count} jobs past their retention")]
        public static partial void Cleaned(ILogger logger, int count);

        [LoggerMessage(LogLevel.Error, "A retention sweep failed; going on")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
