using JobOrchestrator.Client.Executions;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Draining;

/// <summary>Whether this client takes new work. A drain lasts until it is lifted or the client is restarted. Safe for concurrent use.</summary>
internal sealed partial class NodeDrain(ExecutionTable table, TimeProvider clock, ILogger<NodeDrain> logger)
{
    /// <summary>Only while draining, and only by the one who waits for its end.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private volatile bool _draining;
    private volatile bool _forGood;

    /// <summary>Whether it finishes what it has and takes nothing new.</summary>
    public bool IsDraining => _draining;

    /// <param name="forGood">Whether the client is going to end: then the drain cannot be lifted.</param>
    public void Begin(bool forGood = false)
    {
        _forGood |= forGood;
        _draining = true;
        Log.Begun(logger);
    }

    /// <summary>Takes work again; false when the client is about to end.</summary>
    public bool TryLift()
    {
        if (_forGood)
        {
            return false;
        }

        _draining = false;
        Log.Lifted(logger);
        return true;
    }

    /// <summary>
    /// Waits until nothing is left here that anybody waits for: everything has ended and the server has fetched it (a classic server fetches
    /// when it likes; there the end must do). False when <paramref name="limit"/> came first.
    /// </summary>
    public async Task<bool> CompletesWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (table.All.Any(IsConcern))
        {
            if (clock.GetElapsedTime(since) >= limit)
            {
                return false;
            }

            await Task.Delay(Look, clock, cancellationToken);
        }

        return true;
    }

    private static bool IsConcern(Execution execution) => execution.Key.Attempt > 0 || !execution.Report.State.IsFinal();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Draining: what is here is finished, nothing new is taken")]
        public static partial void Begun(ILogger logger);

        [LoggerMessage(LogLevel.Information, "The drain is lifted: work is taken again")]
        public static partial void Lifted(ILogger logger);
    }
}
