namespace JobOrchestrator.Server.Backup;

/// <summary>What a snapshot says of itself, in <c>backup.json</c>.</summary>
/// <param name="CreatedAt">When its copy of the database was made: the state it restores.</param>
/// <param name="Version">Of the program that made it.</param>
/// <param name="Jobs">Jobs in its database.</param>
/// <param name="LiveJobs">Those of them that had not ended.</param>
/// <param name="Files">Files that belong to it, the database aside.</param>
/// <param name="Bytes">Their size, and the database's.</param>
/// <param name="Problems">What should be in it and is not.</param>
internal sealed record BackupManifest(
    DateTimeOffset CreatedAt, string Version, int Jobs, int LiveJobs, int Files, long Bytes, IReadOnlyList<string> Problems);
