using JobOrchestrator.Client.Executions;
using JobOrchestrator.Client.Telemetry;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Client.Retention;

/// <summary>
/// Removes executions that no server deleted: those that ended longer than <c>MAX_AGE</c> ago, and while all together take more than
/// <c>MAX_DATA_BYTES</c> those that ended first. Never a live one, whatever its files' times say; and for lack of room never one that ended a
/// moment ago, whose result the server is about to fetch.
/// </summary>
internal sealed partial class WorkspaceSweeper(
    ExecutionTable table, ClientOptions options, ClientMetrics metrics, TimeProvider clock, ILogger<WorkspaceSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A disk fills faster than executions age.</summary>
    private static readonly TimeSpan BudgetPeriod = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>Time for the server to fetch a result before lack of room may take it.</summary>
    private static readonly TimeSpan FetchTime = TimeSpan.FromMinutes(1);

    /// <summary>Sweeps once; returns how many executions were removed.</summary>
    public int RunOnce()
    {
        var now = clock.GetUtcNow();
        var removed = EndedBefore(now - options.MaxAge).Count(Remove);
        if (options.MaxDataBytes == 0)
        {
            return removed;
        }

        var excess = table.All.Sum(e => DirectorySize.Measure(e.Directory)) - options.MaxDataBytes;
        foreach (var execution in EndedBefore(now - FetchTime).TakeWhile(_ => excess > 0))
        {
            var size = DirectorySize.Measure(execution.Directory);
            if (Remove(execution))
            {
                excess -= size;
                removed++;
            }
        }

        return removed;
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
                RunGuarded();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The client stops.
        }
    }

    private Execution[] EndedBefore(DateTimeOffset time) =>
        [.. table.All.Where(e => e.Report.State.IsFinal() && e.Report.EndedAt < time).OrderBy(e => e.Report.EndedAt)];

    /// <summary>False when its files could not be deleted; the others must not stay for that.</summary>
    private bool Remove(Execution execution)
    {
        try
        {
            table.Remove(execution);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(logger, execution.Directory, e.Message);
            return false;
        }
    }

    private void RunGuarded()
    {
        try
        {
            var removed = RunOnce();
            if (removed > 0)
            {
                Log.Removed(logger, removed);
            }
        }
        catch (Exception e)
        {
            metrics.LoopFailed("retention");
            Log.SweepFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Removed {Count} executions past their retention")]
        public static partial void Removed(ILogger logger, int count);

        [LoggerMessage(LogLevel.Warning, "Cannot remove {Directory}: {Reason}; the next start tries again")]
        public static partial void NotRemoved(ILogger logger, string directory, string reason);

        [LoggerMessage(LogLevel.Error, "A retention sweep failed; going on")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
