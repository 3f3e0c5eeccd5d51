namespace JobOrchestrator.Client;

internal static class TaskExtensions
{
    /// <summary>Whether the task is over, one way or another, before so much time has gone by or the waiting is cancelled.</summary>
    public static async Task<bool> EndsWithinAsync(this Task task, TimeSpan time, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        await task.WaitAsync(time, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }
}
