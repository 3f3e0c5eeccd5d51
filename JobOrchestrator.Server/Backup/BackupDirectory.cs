using System.Globalization;
using JobOrchestrator.Server.Data;

namespace JobOrchestrator.Server.Backup;

/// <summary>
/// Where backups are: <c>files/&lt;job&gt;/…</c> has each file of each job once, however many snapshots it belongs to, for inputs and results never
/// change; <c>snapshots/&lt;time&gt;/</c> has a copy of the database, <c>backup.json</c>, and <c>SHA256SUMS</c> with every file that belongs to the state.
/// The sums are in the form of <c>sha256sum</c>, relative to the backup directory, so that a backup can be checked without this program.
/// A snapshot whose name begins with a dot is not finished.
/// </summary>
internal sealed class BackupDirectory(string path)
{
    public const string DatabaseName = "jobs.sqlite";
    public const string ManifestName = "backup.json";
    public const string SumsName = "SHA256SUMS";

    private const string FilesName = "files";
    private const string SnapshotsName = "snapshots";
    private const string NameFormat = "yyyy-MM-dd'T'HH-mm-ss.fff'Z'";

    public string Root { get; } = System.IO.Path.GetFullPath(path);

    private string Snapshots => Path.Combine(Root, SnapshotsName);

    /// <summary>Path of a job's file as it stands in the sums.</summary>
    public static string RelativePath(int jobId, string file) => string.Create(CultureInfo.InvariantCulture, $"{FilesName}/{jobId}/{file}");

    /// <summary>The job a relative path belongs to; null for what is no job's.</summary>
    public static int? JobOf(string relativePath) =>
        relativePath.Split('/') is [FilesName, var id, ..] && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var jobId) ? jobId : null;

    public string PathOf(string relativePath) => Path.Combine(Root, relativePath);

    public string RelativePathOf(string file) => Path.GetRelativePath(Root, file);

    /// <summary>Creates it where it is not there yet, for its owner's eyes only.</summary>
    public void Create()
    {
        foreach (var directory in new[] { Root, Path.Combine(Root, FilesName), Snapshots })
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Held by whoever writes to it or restores from it.</summary>
    /// <exception cref="BackupException">Somebody else does.</exception>
    public IDisposable Lock() => InstanceLock.TryTake(Path.Combine(Root, "backup"))
        ?? throw new BackupException($"Another backup or restore is using {Root}; wait for its end.");

    /// <summary>Finished snapshots, oldest first.</summary>
    public List<BackupSnapshot> List() => Directory.Exists(Snapshots)
        ? [.. Directory.EnumerateDirectories(Snapshots).Where(d => !Path.GetFileName(d).StartsWith('.')).Order(StringComparer.Ordinal).Select(d => new BackupSnapshot(d))]
        : [];

    /// <summary>Begins a snapshot; what earlier ones left unfinished goes.</summary>
    public BackupSnapshot Begin(DateTimeOffset now)
    {
        foreach (var unfinished in Directory.EnumerateDirectories(Snapshots, ".*"))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        return new BackupSnapshot(Directory.CreateDirectory(
            Path.Combine(Snapshots, "." + now.UtcDateTime.ToString(NameFormat, CultureInfo.InvariantCulture))).FullName);
    }

    /// <summary>From here on the snapshot counts.</summary>
    public BackupSnapshot Finish(BackupSnapshot snapshot)
    {
        var finished = Path.Combine(Snapshots, snapshot.Name[1..]);
        Directory.Move(snapshot.Directory, finished);
        Contracts.Files.DurableFile.FlushDirectory(Snapshots);
        return new BackupSnapshot(finished);
    }

    /// <summary>Removes the snapshots older than <paramref name="before"/>, but never the newest one, and every job's files that no snapshot needs.</summary>
    /// <returns>How many snapshots went.</returns>
    public int Rotate(DateTimeOffset before)
    {
        var limit = before.UtcDateTime.ToString(NameFormat, CultureInfo.InvariantCulture);
        var all = List();
        var old = all.SkipLast(1).Where(s => string.CompareOrdinal(s.Name, limit) < 0).ToList();
        old.ForEach(s => Directory.Delete(s.Directory, recursive: true));
        var needed = all.Except(old).SelectMany(s => FileSums.Read(s.Sums).Keys.Select(JobOf)).ToHashSet();
        foreach (var directory in Directory.EnumerateDirectories(Path.Combine(Root, FilesName)))
        {
            if (!needed.Contains(JobOf($"{FilesName}/{Path.GetFileName(directory)}")))
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        return old.Count;
    }
}
