namespace JobOrchestrator.Server.Jobs;

/// <summary>An upload whose files are safely on disk, about to become a job.</summary>
internal sealed record NewJob(int UserId, string Service, int Priority, string StagingKey, string? TraceParent)
{
    /// <summary>By which a repetition of the upload is recognised; null when the sender gave none.</summary>
    public Idempotency? Idempotency { get; init; }

    /// <summary>What its owner asked for beside that.</summary>
    public JobRequest Request { get; init; } = JobRequest.Nothing;

    /// <summary>The job it is resubmitted from.</summary>
    public int? ResubmitOf { get; init; }
}
