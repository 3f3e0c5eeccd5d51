namespace JobOrchestrator.Server.Clients;

/// <summary>
/// A time limit on standing still, and one on the whole: a large transfer may take its time so long as bytes move, but one byte now and then
/// does not keep it going for ever. Cancels <see cref="Token"/> when nothing was reported for the limit, when the total is used up, or when
/// the caller gives up.
/// </summary>
internal sealed class ProgressTimeout : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly TimeSpan _total;
    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenSource _linked;

    /// <param name="limit">Longest time without progress.</param>
    /// <param name="total">Longest time altogether; <see cref="TimeSpan.MaxValue"/> for any.</param>
    /// <param name="clock">Measures both.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ProgressTimeout(TimeSpan limit, TimeSpan total, TimeProvider clock, CancellationToken cancellationToken)
    {
        _limit = limit;
        _total = total;
        _clock = clock;
        _started = clock.GetTimestamp();
        _idle = new CancellationTokenSource(limit, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_idle.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>Bytes moved.</summary>
    public void Report()
    {
        var left = _total - _clock.GetElapsedTime(_started);
        _idle.CancelAfter(left < _limit ? left > TimeSpan.Zero ? left : TimeSpan.Zero : _limit);
    }

    public void Dispose()
    {
        _linked.Dispose();
        _idle.Dispose();
    }
}
