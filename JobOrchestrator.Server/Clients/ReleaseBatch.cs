using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// Tells a node what it may delete, many at a time: nobody waits for it, and a request for each would cost as much as the jobs themselves. What
/// comes within a moment, or while a request is under way, goes together.
/// </summary>
internal sealed class ReleaseBatch(
    Func<IReadOnlyList<ExecutionName>, Task<IReadOnlyList<ExecutionName>>> send, TimeProvider clock)
{
    private const int MaxAtOnce = 1000;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly List<(ExecutionName Name, TaskCompletionSource Told)> _waiting = [];
    private bool _sending;

    /// <summary>Completes when the node has been told.</summary>
    /// <exception cref="ClientException">It could not be told, or the execution has not ended there.</exception>
    public Task ReleaseAsync(ExecutionName name, CancellationToken cancellationToken)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((name, told));
            if (!_sending)
            {
                _sending = true;
                _ = SendAllAsync();
            }
        }

        return told.Task.WaitAsync(cancellationToken);
    }

    private async Task SendAllAsync()
    {
        await Task.Delay(Moment, clock, CancellationToken.None);
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var alive = (await send([.. batch.Select(b => b.Name)])).ToHashSet();
                foreach (var (name, told) in batch)
                {
                    if (alive.Contains(name))
                    {
                        told.TrySetException(new ClientException(
                            EndReason.ClientFailed, $"Job {name.JobId}, attempt {name.Attempt} has not ended on the client node."));
                    }
                    else
                    {
                        told.TrySetResult();
                    }
                }
            }
            catch (Exception e)
            {
                batch.ForEach(b => b.Told.TrySetException(e));
            }
        }
    }

    private List<(ExecutionName Name, TaskCompletionSource Told)> Take()
    {
        lock (_lock)
        {
            var batch = _waiting.GetRange(0, Math.Min(_waiting.Count, MaxAtOnce));
            _waiting.RemoveRange(0, batch.Count);
            _sending = batch.Count > 0;
            return batch;
        }
    }
}
