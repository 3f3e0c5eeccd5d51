namespace JobOrchestrator.Server.Jobs;

/// <summary>One label of a job, for searching by it.</summary>
internal sealed class JobTag
{
    public required string Tag { get; init; }

    public int JobId { get; init; }
}
