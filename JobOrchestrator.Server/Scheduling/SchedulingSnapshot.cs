namespace JobOrchestrator.Server.Scheduling;

/// <summary>All that a plan depends on; taken by <see cref="JobQueue.Capture"/>.</summary>
/// <param name="Services">Services with waiting jobs.</param>
/// <param name="Nodes">Client nodes that accept work; without any, nothing is assigned.</param>
/// <param name="Turn">Rises by one with every snapshot; what rotating and random policies draw from.</param>
/// <param name="LatestPass">Where the round of the services stands.</param>
/// <param name="NextEligibleAt">When the next backed-off job may go, null when none waits for that.</param>
internal sealed record SchedulingSnapshot(
    IReadOnlyList<ServiceSnapshot> Services,
    IReadOnlyList<NodeCapacity> Nodes,
    long Turn,
    long LatestPass,
    DateTimeOffset? NextEligibleAt);

/// <summary>One service's waiting jobs.</summary>
/// <param name="Name">Lower case.</param>
/// <param name="FreeRuns">Executions it may still start.</param>
/// <param name="Pass">The service with the lowest goes first where services share client nodes; see <see cref="Round"/>.</param>
/// <param name="LatestPass">Where the round of its users stands.</param>
/// <param name="Users">Users with eligible jobs.</param>
internal sealed record ServiceSnapshot(string Name, int FreeRuns, long Pass, long LatestPass, IReadOnlyList<UserSnapshot> Users);

/// <summary>One user's eligible jobs in one service.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="FreeRuns">Executions the user may still start.</param>
/// <param name="Pass">The user with the lowest goes first; see <see cref="Round"/>.</param>
/// <param name="Jobs">In the order they are to start.</param>
internal sealed record UserSnapshot(int UserId, int FreeRuns, long Pass, IReadOnlyList<QueuedJob> Jobs);
