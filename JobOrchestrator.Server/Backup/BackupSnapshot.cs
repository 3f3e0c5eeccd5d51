using System.Text.Json;

namespace JobOrchestrator.Server.Backup;

/// <summary>One finished state in a backup directory.</summary>
internal sealed record BackupSnapshot(string Directory)
{
    public string Name => Path.GetFileName(Directory);

    public string Database => Path.Combine(Directory, BackupDirectory.DatabaseName);

    public string Sums => Path.Combine(Directory, BackupDirectory.SumsName);

    private string ManifestPath => Path.Combine(Directory, BackupDirectory.ManifestName);

    /// <exception cref="BackupException">It cannot be read.</exception>
    public BackupManifest ReadManifest()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(ManifestPath), BackupJson.Default.BackupManifest)!;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            throw new BackupException($"{ManifestPath} cannot be read: {e.Message}", e);
        }
    }

    public void WriteManifest(BackupManifest manifest) =>
        File.WriteAllBytes(ManifestPath, JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.BackupManifest));
}
