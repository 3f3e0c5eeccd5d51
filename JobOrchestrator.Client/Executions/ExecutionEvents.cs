using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Executions;

/// <summary>The stream of state changes: numbered, the last <see cref="Capacity"/> kept for readers that come back.</summary>
internal sealed class ExecutionEvents
{
    private const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<ExecutionEvent> _recent = new();
    private long _sequence;
    private TaskCompletionSource _published = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Differs at every start of the client.</summary>
    public string Epoch { get; } = Guid.CreateVersion7().ToString("N");

    public void Publish(ExecutionReport report)
    {
        lock (_lock)
        {
            _recent.Enqueue(new ExecutionEvent(Epoch, ++_sequence, Execution: report));
            if (_recent.Count > Capacity)
            {
                _recent.Dequeue();
            }

            _published.TrySetResult();
            _published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Where a reader that was at <paramref name="after"/> in <paramref name="epoch"/> can go on, as the first line of its stream.</summary>
    public ExecutionEvent Open(string? epoch, long after)
    {
        lock (_lock)
        {
            var known = epoch == Epoch && after <= _sequence && after >= _sequence - _recent.Count;
            return new ExecutionEvent(Epoch, known ? after : _sequence, Reset: !known);
        }
    }

    /// <summary>Events after a position, and what completes when there are more. A reader too slow for the buffer gets a reset.</summary>
    public (IReadOnlyList<ExecutionEvent> Events, Task More) After(long sequence)
    {
        lock (_lock)
        {
            var missing = (int)(_sequence - sequence);
            return missing > _recent.Count
                ? ([new ExecutionEvent(Epoch, _sequence, Reset: true)], _published.Task)
                : ([.. _recent.Skip(_recent.Count - missing)], _published.Task);
        }
    }
}
