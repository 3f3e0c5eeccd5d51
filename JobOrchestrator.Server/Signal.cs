namespace JobOrchestrator.Server;

/// <summary>
/// A wake-up that is never lost and never piles up: any number of <see cref="Set"/> before a <see cref="WaitAsync"/> end one wait.
/// </summary>
internal sealed class Signal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _source = New();

    public void Set()
    {
        lock (_lock)
        {
            _source.TrySetResult();
        }
    }

    /// <summary>Waits for a wake-up, at most <paramref name="limit"/> (<see cref="Timeout.InfiniteTimeSpan"/>: without limit), and resets.</summary>
    public async Task WaitAsync(TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        Task wait;
        lock (_lock)
        {
            wait = _source.Task;
        }

        try
        {
            await wait.WaitAsync(limit, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The limit is a safety net; waking up without a signal is what it is for.
        }

        lock (_lock)
        {
            if (_source.Task.IsCompleted)
            {
                _source = New();
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
