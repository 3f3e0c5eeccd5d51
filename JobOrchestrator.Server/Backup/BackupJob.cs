namespace JobOrchestrator.Server.Backup;

/// <summary>What a backup needs to know of a job.</summary>
internal sealed record BackupJob(int Id, string StagingKey, int Attempt, bool HasResult);
