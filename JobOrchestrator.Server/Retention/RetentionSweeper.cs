using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Retention;

/// <summary>
/// Removes the files of ended jobs: of those that ended longer than <c>MAX_AGE</c> ago, and while all jobs' files together take more than
/// <c>MAX_DATA_BYTES</c> of those that ended first. Goes by the time of the end on record, never by file times, and never touches a live job.
/// </summary>
internal sealed partial class RetentionSweeper(
    JobStore store, JobFiles files, ServerOptions options, ServerMetrics metrics, TimeProvider clock, ILogger<RetentionSweeper> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A disk fills faster than jobs age.</summary>
    private static readonly TimeSpan BudgetPeriod = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>Sweeps everything that is due; returns how many jobs were cleaned.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var cleaned = 0;
        while (await store.ListExpiredAsync(clock.GetUtcNow() - options.MaxAge, BatchSize, cancellationToken) is { Count: > 0 } expired)
        {
            foreach (var jobId in expired)
            {
                await CleanAsync(jobId);
                cleaned++;
            }
        }

        return options.MaxDataBytes == 0 ? cleaned : cleaned + await MakeRoomAsync(cancellationToken);
    }

    private async Task<int> MakeRoomAsync(CancellationToken cancellationToken)
    {
        var cleaned = 0;
        var excess = files.Measure() - options.MaxDataBytes;
        while (excess > 0)
        {
            var oldest = await store.ListExpiredAsync(DateTimeOffset.MaxValue, BatchSize, cancellationToken);
            if (oldest.Count == 0)
            {
                Log.LiveJobsTakeAll(logger, excess + options.MaxDataBytes, options.MaxDataBytes);
                break;
            }

            foreach (var jobId in oldest.TakeWhile(_ => excess > 0))
            {
                excess -= files.Measure(jobId);
                await CleanAsync(jobId);
                cleaned++;
            }
        }

        return cleaned;
    }

    private async Task CleanAsync(int jobId)
    {
        // Out of the way in one step first: a crash here leaves them in the trash, and the next start goes on from there.
        files.Discard(jobId);
        FaultPoints.Reached(FaultPoints.CleanDiscarded);
        await store.MarkCleanedAsync(jobId);
        FaultPoints.Reached(FaultPoints.CleanMarked);
        files.EmptyTrash(jobId);
        FaultPoints.Reached(FaultPoints.CleanEmptied);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var longest = options.MaxDataBytes == 0 ? MaxPeriod : BudgetPeriod;
        var period = TimeSpan.FromTicks(Math.Clamp(options.MaxAge.Ticks / 4, MinPeriod.Ticks, longest.Ticks));
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
            metrics.LoopFailed("retention");
            Log.SweepFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Removed the files of {Count} jobs past their retention")]
        public static partial void Cleaned(ILogger logger, int count);

        [LoggerMessage(LogLevel.Warning, "The files of live jobs alone take {Bytes} bytes, more than MAX_DATA_BYTES ({Limit}); nothing is left to remove")]
        public static partial void LiveJobsTakeAll(ILogger logger, long bytes, long limit);

        [LoggerMessage(LogLevel.Error, "A retention sweep failed; going on")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
