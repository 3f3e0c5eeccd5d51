namespace JobOrchestrator.Server.Clients;

/// <summary>
/// A time limit on standing still: a transfer may take as long as it likes, so long as bytes move. Cancels <see cref="Token"/> when
/// nothing was reported for the limit, or when the caller gives up.
/// </summary>
internal sealed class ProgressTimeout : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenSource _linked;

    public ProgressTimeout(TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        _limit = limit;
        _idle = new CancellationTokenSource(limit, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_idle.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>Bytes moved.</summary>
    public void Report() => _idle.CancelAfter(_limit);

    public void Dispose()
    {
        _linked.Dispose();
        _idle.Dispose();
    }
}
