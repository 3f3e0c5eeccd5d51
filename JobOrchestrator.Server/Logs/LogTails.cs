using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Logs;

/// <summary>
/// One <see cref="LogTail"/> for each stream that somebody follows, with one connection to the client node however many follow; both end
/// with the last of them. Through all attempts of the job: a stream begins anew with each.
/// </summary>
internal sealed partial class LogTails(
    JobStore store, ClientRegistry registry, EventFeed feed, EventLog events, ServerMetrics metrics, TimeProvider clock, ILogger<LogTails> logger)
{
    private const int BufferBytes = 1 << 14;

    /// <summary>How much of what was written before it is at hand when a tail begins.</summary>
    private const int FirstBytes = LogTail.Capacity / 2;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<(int JobId, string Stream), Shared> _tails = [];

    /// <summary>Begins to follow; the caller gives the tail back by <see cref="Return"/>.</summary>
    public LogTail Take(Job job, string stream)
    {
        lock (_lock)
        {
            if (!_tails.TryGetValue((job.Id, stream), out var shared))
            {
                _tails[(job.Id, stream)] = shared = new Shared();
                _ = RunAsync(job, stream, shared.Tail, shared.Stop.Token);
            }

            shared.Followers++;
            return shared.Tail;
        }
    }

    public void Return(int jobId, string stream)
    {
        lock (_lock)
        {
            if (--_tails[(jobId, stream)].Followers == 0)
            {
                _tails.Remove((jobId, stream), out var shared);
                shared!.Stop.Cancel();
                shared.Stop.Dispose();
            }
        }
    }

    private async Task RunAsync(Job followed, string stream, LogTail tail, CancellationToken stop)
    {
        await Task.Yield(); // never under the caller's lock
        using var scope = logger.BeginJobScope(followed);
        while (true)
        {
            try
            {
                await FollowJobAsync(followed.Id, stream, tail, stop);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                metrics.LoopFailed("log_tail");
                Log.FollowFailed(logger, followed.Id, stream, e);
                await Task.Delay(LookAgain, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowJobAsync(int jobId, string stream, LogTail tail, CancellationToken stop)
    {
        var position = (await events.BoundsAsync(stop)).Latest;
        while (true)
        {
            // The position is older than this look: a change that it misses is still to come there.
            var job = await store.FindAsync(jobId, stop);
            if (job is null or { HasResult: true } or { CleanedAt: not null })
            {
                tail.End();
                return;
            }

            var sent = job.State != JobState.Queued && await CopyAsync(job, stream, tail, stop);
            if (job.State.IsTerminal() && !sent)
            {
                tail.End();
                return;
            }

            position = await feed.WaitForAsync(jobId, position, LookAgain, stop);
        }
    }

    /// <summary>Takes what the attempt's client node sends until it has no more; false when it has nothing at all.</summary>
    private async Task<bool> CopyAsync(Job job, string stream, LogTail tail, CancellationToken stop)
    {
        if (registry.Find(job.Client) is not { } node)
        {
            return false;
        }

        var view = tail.Look();
        var request = new LogRequest(stream, view.End, Follow: true) { Tail = view.Attempt == job.Attempt ? null : FirstBytes };
        try
        {
            await using var log = await node.Protocol.OpenLogAsync(ExecutionRef.Of(job), request, stop);
            if (log is null)
            {
                return false;
            }

            if (view.Attempt != job.Attempt)
            {
                tail.Begin(job.Attempt, log.Offset);
            }

            var buffer = new byte[BufferBytes];
            for (int read; (read = await log.Content.ReadAsync(buffer, stop)) > 0;)
            {
                tail.Append(buffer.AsSpan(0, read));
            }

            // The node sent it all: of an ended job there is nothing to come any more.
            return !job.State.IsTerminal();
        }
        catch (Exception e) when (e is ClientException or IOException or HttpRequestException && !stop.IsCancellationRequested)
        {
            using var scope = logger.BeginJobScope(job); // of the attempt that is followed by now
            Log.StreamBroke(logger, job.Id, job.Attempt, node.Address, e.Message);
            return !job.State.IsTerminal();
        }
    }

    private sealed class Shared
    {
        public LogTail Tail { get; } = new();

        public CancellationTokenSource Stop { get; } = new();

        public int Followers { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The output of job {JobId}, attempt {Attempt} from {Client} broke off: {Reason}")]
        public static partial void StreamBroke(ILogger logger, int jobId, int attempt, string client, string reason);

        [LoggerMessage(LogLevel.Error, "Following {Stream} of job {JobId} failed; going on")]
        public static partial void FollowFailed(ILogger logger, int jobId, string stream, Exception exception);
    }
}
