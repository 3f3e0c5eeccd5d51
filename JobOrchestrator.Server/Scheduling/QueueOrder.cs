namespace JobOrchestrator.Server.Scheduling;

/// <summary>The orders jobs wait in.</summary>
internal static class QueueOrder
{
    /// <summary>
    /// How long a job must wait to draw level with one of the next higher priority: ageing, so that low priorities start too. As all jobs
    /// age alike, who is ahead of whom never changes while they wait, and one sorted set suffices.
    /// </summary>
    public static readonly TimeSpan AgePerPriority = TimeSpan.FromMinutes(10);

    /// <summary>By priority with ageing, then first come, first served.</summary>
    public static readonly IComparer<QueuedJob> ByPriorityAndAge = Comparer<QueuedJob>.Create(static (a, b) =>
    {
        var byKey = Key(a).CompareTo(Key(b));
        return byKey != 0 ? byKey : a.Id.CompareTo(b.Id);
    });

    /// <summary>By the end of the back-off.</summary>
    public static readonly IComparer<QueuedJob> ByNotBefore = Comparer<QueuedJob>.Create(static (a, b) =>
    {
        var byTime = a.NotBefore.CompareTo(b.NotBefore);
        return byTime != 0 ? byTime : a.Id.CompareTo(b.Id);
    });

    private static long Key(QueuedJob job) => job.QueuedAt.UtcTicks - (job.Priority * AgePerPriority.Ticks);
}
