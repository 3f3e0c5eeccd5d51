namespace JobOrchestrator.Server.Scheduling;

/// <summary>Where a waiting job stands.</summary>
/// <param name="Job">The job.</param>
/// <param name="OwnAhead">Waiting jobs of its user in its service that go first.</param>
/// <param name="Position">1 = next: its place when users take turns and no limit holds anybody up.</param>
/// <param name="WaitingInService">Jobs that wait in its service.</param>
/// <param name="UserRunning">Jobs of its user that run in its service.</param>
/// <param name="ServiceRunning">Jobs that run in its service.</param>
internal sealed record QueuePlace(QueuedJob Job, int OwnAhead, int Position, int WaitingInService, int UserRunning, int ServiceRunning);
