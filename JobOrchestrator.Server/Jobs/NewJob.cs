namespace JobOrchestrator.Server.Jobs;

/// <summary>An upload whose files are safely on disk, about to become a job.</summary>
internal sealed record NewJob(int UserId, string Service, int Priority, string StagingKey, string? TraceParent)
{
    /// <summary>By which a repetition of the upload is recognised; null when the sender gave none.</summary>
    public Idempotency? Idempotency { get; init; }
}
