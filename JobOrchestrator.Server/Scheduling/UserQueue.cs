using System.Collections.Immutable;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>One user's part of a <see cref="ServiceQueue"/>.</summary>
internal sealed class UserQueue
{
    /// <summary>Jobs that may start, in order. Immutable, so that a snapshot takes it as it is, however long it is.</summary>
    public ImmutableSortedSet<QueuedJob> Ready { get; set; } = ImmutableSortedSet.Create(QueueOrder.ByPriorityAndAge);

    /// <summary>Jobs that wait, those in back-off included.</summary>
    public int Waiting { get; set; }

    public int Running { get; set; }

    /// <summary>Places taken by uploads under way.</summary>
    public int Reserved { get; set; }

    public long Pass { get; set; }
}
