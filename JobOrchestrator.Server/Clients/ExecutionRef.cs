namespace JobOrchestrator.Server.Clients;

/// <summary>Names one attempt of a job on a client node.</summary>
/// <param name="JobId">Our job id.</param>
/// <param name="Attempt">Number of the attempt, from 1: the fencing token.</param>
/// <param name="ClassicId">The payload id a classic client gave it at submission; null on clients that speak our protocol.</param>
internal sealed record ExecutionRef(int JobId, int Attempt, int? ClassicId = null);
