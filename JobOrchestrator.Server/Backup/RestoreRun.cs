using System.Globalization;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Server.Data;

namespace JobOrchestrator.Server.Backup;

/// <summary>
/// Puts a snapshot in the place of the database and the jobs' files. Everything is copied and compared beside that place first; then what is there is
/// moved aside (nothing is deleted), and the copies take its place, the database last. Cut off before that, it can be repeated; cut off in
/// between, the server refuses to start for want of its database until it is repeated.
/// </summary>
internal sealed class RestoreRun(ServerOptions options, BackupDirectory directory, TimeProvider clock)
{
    /// <summary>Ids that new jobs after a restore leave out: more than any server gives between two backups.</summary>
    public const int SkippedIds = 1_000_000;

    private static readonly string[] DatabaseSuffixes = ["", "-wal", "-shm"];
    private static readonly string[] DataDirectories = ["jobs", "staging", "collecting", "trash"];

    private string Jobs => Path.Combine(options.DataPath, "jobs");

    private string NewJobs => Path.Combine(options.DataPath, "restoring");

    private string NewDatabase => options.DatabasePath + ".restoring";

    /// <summary>Looks at what there is, and changes nothing.</summary>
    /// <param name="name">Of the snapshot; null for the latest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupException">There is no such snapshot, or it is damaged.</exception>
    public async Task<RestorePlan> PlanAsync(string? name, CancellationToken cancellationToken)
    {
        var all = directory.List();
        if (all.Count == 0)
        {
            throw new BackupException($"There is no finished backup in {directory.Root}.");
        }

        var snapshot = name is null
            ? all[^1]
            : all.Find(s => s.Name == name) ?? throw new BackupException(
                $"There is no snapshot {name} in {directory.Root}; there are {string.Join(", ", all.Select(s => s.Name))}.");
        var manifest = snapshot.ReadManifest();
        await ThrowIfChangedAsync(snapshot, cancellationToken);
        var states = await DatabaseCopy.CountAsync(snapshot.Database, cancellationToken);
        var stamp = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss'Z'", CultureInfo.InvariantCulture);
        var present = DatabaseSuffixes.Select(suffix => options.DatabasePath + suffix).Where(File.Exists)
            .Concat(DataDirectories.Select(d => Path.Combine(options.DataPath, d)).Where(HasContent));
        return new RestorePlan(snapshot, manifest, states, [.. present.Select(path => (path, $"{path}.before-restore-{stamp}"))]);
    }

    /// <summary>Does what the plan says.</summary>
    /// <exception cref="BackupException">A server is using the database, or a file of the backup is damaged; nothing was changed.</exception>
    public async Task RunAsync(RestorePlan plan, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.DatabasePath)!);
        Directory.CreateDirectory(NewJobs);
        using var instance = InstanceLock.TryTake(options.DatabasePath)
            ?? throw new BackupException($"A server is using the database {options.DatabasePath}; stop it first. Nothing was changed.");
        using var held = directory.Lock();
        await CopyFilesAsync(plan.Snapshot, cancellationToken);
        await VerifiedCopy.CopyAsync(plan.Snapshot.Database, NewDatabase, cancellationToken);
        await DatabaseCopy.SkipIdsAsync(NewDatabase, SkippedIds, cancellationToken);

        // From here on renames only.
        foreach (var (from, to) in plan.MovedAside)
        {
            Directory.Move(from, to);
        }

        if (Directory.Exists(Jobs))
        {
            Directory.Delete(Jobs); // it is empty
        }

        Directory.Move(NewJobs, Jobs);
        DurableFile.FlushDirectory(options.DataPath);
        File.Move(NewDatabase, options.DatabasePath);
        DurableFile.FlushDirectory(Path.GetDirectoryName(options.DatabasePath)!);
    }

    private async Task ThrowIfChangedAsync(BackupSnapshot snapshot, CancellationToken cancellationToken)
    {
        var sums = FileSums.Read(snapshot.Sums);
        var expected = sums.GetValueOrDefault(directory.RelativePathOf(snapshot.Database));
        if (!File.Exists(snapshot.Database) || await VerifiedCopy.HashAsync(snapshot.Database, cancellationToken) != expected)
        {
            throw new BackupException($"{snapshot.Database} is not what the backup wrote; choose another snapshot with --snapshot.");
        }

        if (sums.Keys.FirstOrDefault(path => !File.Exists(directory.PathOf(path))) is { } missing)
        {
            throw new BackupException($"{directory.PathOf(missing)} is missing; choose another snapshot with --snapshot.");
        }
    }

    private async Task CopyFilesAsync(BackupSnapshot snapshot, CancellationToken cancellationToken)
    {
        foreach (var (relative, sum) in FileSums.Read(snapshot.Sums).Where(s => BackupDirectory.JobOf(s.Key) is not null))
        {
            // files/<job>/… becomes <job>/…; what an earlier try has copied stays.
            var (source, target) = (directory.PathOf(relative), Path.Combine(NewJobs, relative[(relative.IndexOf('/') + 1)..]));
            if (File.Exists(target) && await VerifiedCopy.HashAsync(target, cancellationToken) == sum)
            {
                continue;
            }

            if (await VerifiedCopy.CopyAsync(source, target, cancellationToken) != sum)
            {
                throw new BackupException($"{source} is not what the backup wrote; choose another snapshot with --snapshot. Nothing was changed.");
            }
        }

        RemoveStrangers(snapshot);
    }

    /// <summary>An earlier try may have been of another snapshot.</summary>
    private void RemoveStrangers(BackupSnapshot snapshot)
    {
        var jobs = FileSums.Read(snapshot.Sums).Keys.Select(BackupDirectory.JobOf).OfType<int>()
            .Select(id => id.ToString(CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal);
        foreach (var stranger in Directory.EnumerateDirectories(NewJobs).Where(d => !jobs.Contains(Path.GetFileName(d))))
        {
            Directory.Delete(stranger, recursive: true);
        }
    }

    private static bool HasContent(string path) => Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
}
