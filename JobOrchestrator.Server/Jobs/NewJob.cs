namespace JobOrchestrator.Server.Jobs;

/// <summary>An upload whose files are safely on disk, about to become a job.</summary>
internal sealed record NewJob(int UserId, string Service, int Priority, string StagingKey, string? TraceParent);
