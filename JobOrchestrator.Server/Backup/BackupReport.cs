namespace JobOrchestrator.Server.Backup;

/// <summary>What a backup did.</summary>
/// <param name="Snapshot">What it made.</param>
/// <param name="Manifest">What is in it.</param>
/// <param name="Copied">Files that were copied, and their bytes.</param>
/// <param name="Unchanged">Files that an earlier backup had copied.</param>
/// <param name="Removed">Old snapshots that went.</param>
internal sealed record BackupReport(BackupSnapshot Snapshot, BackupManifest Manifest, (int Files, long Bytes) Copied, int Unchanged, int Removed);
