using JobOrchestrator.Client.Executions;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Retention;

/// <summary>Removes executions that ended longer than <c>MAX_AGE</c> ago and that no server deleted. Never a live one, whatever its files' times say.</summary>
internal sealed partial class WorkspaceSweeper(
    ExecutionTable table, ClientOptions options, TimeProvider clock, ILogger<WorkspaceSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>Sweeps once; returns how many executions were removed.</summary>
    public int RunOnce()
    {
        var before = clock.GetUtcNow() - options.MaxAge;
        var old = table.All.Where(e => e.Report.State.IsFinal() && e.Report.EndedAt < before).ToArray();
        foreach (var execution in old)
        {
            table.Remove(execution);
        }

        return old.Length;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = TimeSpan.FromTicks(Math.Clamp(options.MaxAge.Ticks / 4, MinPeriod.Ticks, MaxPeriod.Ticks));
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
            Log.SweepFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Removed {Count} executions past their retention")]
        public static partial void Removed(ILogger logger, int count);

        [LoggerMessage(LogLevel.Error, "A retention sweep failed; going on")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
