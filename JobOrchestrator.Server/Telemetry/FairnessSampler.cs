using System.Collections.Concurrent;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>
/// How fairly slot time is shared, as Jain's index per service: 1 when everybody who wants more gets the same, 1/n when one of n gets all.
/// <para>
/// Looks at the queue once a second. A user counts for as long as a job of theirs waits: whoever has nothing waiting has all they want, and
/// having little is then no unfairness. What is compared is slots held per time waited, so that a newcomer is not taken for somebody neglected.
/// Old samples fade with a time constant of five minutes.
/// </para>
/// </summary>
internal sealed partial class FairnessSampler(JobQueue queue, ServerMetrics metrics, TimeProvider clock, ILogger<FairnessSampler> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    /// <summary>A share that has faded to this is forgotten, and its user with it.</summary>
    private const double Forgotten = 0.01;

    private readonly ConcurrentDictionary<string, double> _index = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Service, int UserId), Share> _shares = [];

    /// <summary>Services with competing users, and how fairly they are served.</summary>
    public IEnumerable<KeyValuePair<string, double>> Index => _index;

    /// <summary>Takes a sample that stands for the time <paramref name="elapsed"/> since the last one.</summary>
    public void RunOnce(TimeSpan elapsed)
    {
        var fading = Math.Exp(-elapsed / Memory);
        foreach (var (key, share) in _shares.ToArray())
        {
            share.Fade(fading);
            if (share.Waited < Forgotten)
            {
                _shares.Remove(key);
            }
        }

        foreach (var service in queue.Census())
        {
            foreach (var (userId, _, running) in service.Users.Where(u => u.Waiting > 0))
            {
                if (!_shares.TryGetValue((service.Service, userId), out var share))
                {
                    _shares[(service.Service, userId)] = share = new Share();
                }

                share.Add(elapsed.TotalSeconds, running * elapsed.TotalSeconds);
            }
        }

        var indices = _shares.GroupBy(s => s.Key.Service, s => s.Value.SlotsHeld).ToDictionary(g => g.Key, Jain, StringComparer.Ordinal);
        foreach (var gone in _index.Keys.Where(s => !indices.ContainsKey(s)))
        {
            _index.TryRemove(gone, out _);
        }

        foreach (var (service, index) in indices)
        {
            _index[service] = index;
        }
    }

    /// <summary>Jain's index of some shares: (Σx)² / (n Σx²); 1 when all are nothing, which is equal too.</summary>
    public static double Jain(IEnumerable<double> shares)
    {
        var (count, sum, squares) = (0, 0.0, 0.0);
        foreach (var share in shares)
        {
            count++;
            sum += share;
            squares += share * share;
        }

        return squares == 0 ? 1 : sum * sum / (count * squares);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        var last = clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = clock.GetTimestamp();
                RunGuarded(clock.GetElapsedTime(last, now));
                last = now;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void RunGuarded(TimeSpan elapsed)
    {
        try
        {
            RunOnce(elapsed);
        }
        catch (Exception e)
        {
            metrics.LoopFailed("fairness");
            Log.SampleFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Sampling how slot time is shared failed; going on")]
        public static partial void SampleFailed(ILogger logger, Exception exception);
    }

    /// <summary>One user's share in one service, in seconds.</summary>
    private sealed class Share
    {
        private double _held;

        /// <summary>Time with jobs waiting.</summary>
        public double Waited { get; private set; }

        /// <summary>Slots held on average in that time.</summary>
        public double SlotsHeld => _held / Waited;

        public void Fade(double factor)
        {
            Waited *= factor;
            _held *= factor;
        }

        public void Add(double waited, double held)
        {
            Waited += waited;
            _held += held;
        }
    }
}
