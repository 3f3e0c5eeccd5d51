using System.Runtime.CompilerServices;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Events;

/// <summary>
/// The events as they happen, for any number of readers, none of which misses one. Theory of operation: while anybody reads, one loop, woken
/// by every commit, fetches what is new and keeps the latest events in memory; a reader takes from there, or, when it is further behind,
/// from the log, page by page. A reader holds nothing but its position. While nobody reads, nothing is done.
/// </summary>
internal sealed partial class EventFeed(
    EventLog log, DatabaseWriter writer, ServerMetrics metrics, TimeProvider clock, ILogger<EventFeed> logger) : BackgroundService
{
    private const int Kept = 2048;
    private const int PageSize = 500;
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Queue<JobEventRecord> _recent = new();
    private readonly Signal _wake = new();
    private TaskCompletionSource _more = NewSource();
    private long? _position; // up to here _recent is complete; null while nobody reads
    private int _readers;

    /// <summary>All events after a position, then each as it happens, without end.</summary>
    public async IAsyncEnumerable<JobEventRecord> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            while (true)
            {
                // The promise of more is taken before looking, so that nothing can come unseen between the two.
                var (recent, more) = Look(after);
                var page = recent ?? await log.ReadAsync(after, PageSize, cancellationToken);
                foreach (var next in page)
                {
                    yield return next;
                    after = next.Sequence;
                }

                if (page.Count == 0)
                {
                    await more.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Waits for an event of one job after a position, at most <paramref name="limit"/>; returns the position to go on from.</summary>
    public async Task<long> WaitForAsync(int jobId, long after, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await foreach (var next in FollowAsync(after, either.Token))
            {
                after = next.Sequence;
                if (next.JobId == jobId)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The limit; the caller looks for itself.
        }

        return after;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(SafetyNet, clock, stoppingToken);
                await FetchAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                metrics.LoopFailed("event_feed");
                Log.FetchFailed(logger, e);
                await Task.Delay(SafetyNet, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Enter()
    {
        lock (_lock)
        {
            if (_readers++ == 0)
            {
                writer.Committed += _wake.Set;
            }
        }

        _wake.Set();
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_readers == 0)
            {
                writer.Committed -= _wake.Set;
                _position = null;
                _recent.Clear();
            }
        }
    }

    /// <summary>The events after a position if all of them are in memory, else null; and what completes when there is more.</summary>
    private (IReadOnlyList<JobEventRecord>? Events, Task More) Look(long after)
    {
        lock (_lock)
        {
            var complete = _position is { } position && after >= (_recent.Count > 0 ? _recent.Peek().Sequence - 1 : position);
            return (complete ? [.. _recent.SkipWhile(e => e.Sequence <= after)] : null, _more.Task);
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            long? position;
            lock (_lock)
            {
                if (_readers == 0)
                {
                    return;
                }

                position = _position;
            }

            // The first time only where the log stands is noted; what came before it readers take from the log themselves.
            var page = position is { } known ? await log.ReadAsync(known, PageSize, cancellationToken) : [];
            var latest = position is null ? (await log.BoundsAsync(cancellationToken)).Latest : page.Count > 0 ? page[^1].Sequence : position.Value;
            if (!Publish(position, page, latest) || (position is not null && page.Count < PageSize))
            {
                return;
            }
        }
    }

    /// <summary>False when the readers went away meanwhile.</summary>
    private bool Publish(long? position, List<JobEventRecord> page, long latest)
    {
        lock (_lock)
        {
            if (_readers == 0 || _position != position)
            {
                return false;
            }

            page.ForEach(_recent.Enqueue);
            while (_recent.Count > Kept)
            {
                _recent.Dequeue();
            }

            _position = latest;
            if (page.Count > 0 || position is null)
            {
                _more.SetResult();
                _more = NewSource();
            }

            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "New events could not be read; going on")]
        public static partial void FetchFailed(ILogger logger, Exception exception);
    }
}
