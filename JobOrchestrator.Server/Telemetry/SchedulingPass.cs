namespace JobOrchestrator.Server.Telemetry;

/// <summary>One scheduling decision, for the traces of the jobs it was about.</summary>
/// <param name="Started">When the snapshot was taken.</param>
/// <param name="Decided">When the plan was made.</param>
/// <param name="Nodes">Client nodes that could be given work.</param>
/// <param name="Assigned">Jobs that were given a node.</param>
internal sealed record SchedulingPass(DateTimeOffset Started, DateTimeOffset Decided, int Nodes, int Assigned);
