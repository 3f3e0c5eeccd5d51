using System.Collections.Concurrent;

namespace JobOrchestrator.Server;

/// <summary>Work under way in the background, which a graceful stop waits for. Safe for concurrent use.</summary>
internal sealed class BackgroundTasks
{
    private readonly ConcurrentDictionary<Task, byte> _tasks = new();

    /// <param name="task">Must not throw; nobody would see it.</param>
    public void Add(Task task)
    {
        if (!task.IsCompleted && _tasks.TryAdd(task, 0))
        {
            task.ContinueWith(
                static (done, tasks) => ((ConcurrentDictionary<Task, byte>)tasks!).TryRemove(done, out _), _tasks,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Waits until all is done; when <paramref name="cancellationToken"/> says that this takes too long, tells the rest to give up and waits for that.</summary>
    public async Task FinishAsync(CancellationTokenSource giveUp, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(giveUp.Cancel))
        {
            while (!_tasks.IsEmpty)
            {
                await Task.WhenAll(_tasks.Keys);
            }
        }
    }
}
