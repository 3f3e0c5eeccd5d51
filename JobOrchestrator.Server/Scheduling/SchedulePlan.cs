namespace JobOrchestrator.Server.Scheduling;

/// <summary>What is to start where, and why the rest waits.</summary>
/// <param name="Assignments">In the order of decision.</param>
/// <param name="Holds">For each service of the snapshot: what keeps its next job waiting; <see cref="HoldReason.None"/> when nothing waits.</param>
internal sealed record SchedulePlan(IReadOnlyList<Assignment> Assignments, IReadOnlyDictionary<string, HoldReason> Holds);

/// <summary>One job's way to one client node.</summary>
internal sealed record Assignment(QueuedJob Job, string ClientAddress);

/// <summary>What keeps a service's next job waiting.</summary>
internal enum HoldReason
{
    None,

    /// <summary>The service runs as many jobs as it may (<c>MAX_RUNS</c>).</summary>
    ServiceLimit,

    /// <summary>Every waiting user runs as many jobs as one may (<c>RUNS_PER_USER</c>).</summary>
    UserLimit,

    /// <summary>No client node of the service accepts work.</summary>
    NoHealthyClient,

    /// <summary>Every client node of the service is full.</summary>
    NoFreeSlot,
}
