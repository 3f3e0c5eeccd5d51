namespace JobOrchestrator.Server.Backup;

/// <summary>What a restore would do.</summary>
/// <param name="Snapshot">The state it goes back to.</param>
/// <param name="Manifest">What is in it.</param>
/// <param name="States">Its jobs by state.</param>
/// <param name="MovedAside">What is there now and will be kept under another name: from, to.</param>
internal sealed record RestorePlan(
    BackupSnapshot Snapshot, BackupManifest Manifest, IReadOnlyDictionary<string, int> States, IReadOnlyList<(string From, string To)> MovedAside);
