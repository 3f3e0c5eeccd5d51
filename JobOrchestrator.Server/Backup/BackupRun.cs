using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Backup;

/// <summary>
/// Makes one snapshot, while the server works. The database is copied first, as it is at one moment; then the files of the jobs in that copy, which
/// never change once the database knows them. What retention takes away meanwhile is noted in the copy as cleaned. Cut off, it leaves the files it
/// has copied, and the next run goes on from there.
/// </summary>
internal sealed class BackupRun(ServerOptions options, BackupDirectory directory, TimeProvider clock)
{
    private static readonly TimeSpan PublishPause = TimeSpan.FromMilliseconds(20);
    private const int PublishLooks = 100;

    private readonly JobFiles _files = new(options);
    private readonly Dictionary<string, string> _sums = new(StringComparer.Ordinal);
    private readonly List<int> _missing = [];
    private Dictionary<string, string> _known = [];
    private (int Files, long Bytes) _copied;
    private int _unchanged;
    private long _bytes;

    /// <param name="keep">How long older snapshots are kept.</param>
    /// <param name="cancellationToken">Ends it between two blocks of a file.</param>
    /// <exception cref="BackupException">It cannot be done.</exception>
    public async Task<BackupReport> RunAsync(TimeSpan keep, CancellationToken cancellationToken)
    {
        directory.Create();
        using var held = directory.Lock();
        var now = clock.GetUtcNow();
        var earlier = directory.List();
        _known = earlier.Count > 0 ? FileSums.Read(earlier[^1].Sums) : [];
        var snapshot = directory.Begin(now);
        await DatabaseCopy.CreateAsync(options.DatabasePath, snapshot.Database, cancellationToken);
        var jobs = await DatabaseCopy.ListJobsAsync(snapshot.Database, cancellationToken);
        foreach (var job in jobs)
        {
            if (!await TryCopyAsync(job, cancellationToken))
            {
                _missing.Add(job.Id);
            }
        }

        var problems = await ExplainMissingAsync(snapshot, now, cancellationToken);
        var manifest = await CloseAsync(snapshot, now, problems, cancellationToken);
        return new BackupReport(directory.Finish(snapshot), manifest, _copied, _unchanged, directory.Rotate(now - keep));
    }

    private async Task<bool> TryCopyAsync(BackupJob job, CancellationToken cancellationToken)
    {
        try
        {
            var input = await FindInputAsync(job, cancellationToken);
            foreach (var file in new DirectoryInfo(input).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                await CopyAsync(file, BackupDirectory.RelativePath(job.Id, $"input/{Path.GetRelativePath(input, file.FullName)}"), cancellationToken);
            }

            if (job.HasResult)
            {
                var result = new FileInfo(_files.ResultPath(job.Id, job.Attempt));
                await CopyAsync(result, BackupDirectory.RelativePath(job.Id, result.Name), cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Where the job's input is: in its place, or, for a job acknowledged this moment or cut off by a crash, still where it was uploaded to.</summary>
    private async Task<string> FindInputAsync(BackupJob job, CancellationToken cancellationToken)
    {
        var (input, staging) = (_files.InputDirectory(job.Id), _files.StagingDirectory(job.StagingKey));
        for (var look = 0; look < PublishLooks && !Directory.Exists(input) && Directory.Exists(staging); look++)
        {
            await Task.Delay(PublishPause, clock, cancellationToken);
        }

        return Directory.Exists(input) || !Directory.Exists(staging) ? input : staging;
    }

    private async Task CopyAsync(FileInfo source, string relative, CancellationToken cancellationToken)
    {
        var target = new FileInfo(directory.PathOf(relative));
        if (target.Exists && target.Length == source.Length && target.LastWriteTimeUtc == source.LastWriteTimeUtc)
        {
            _sums[relative] = _known.GetValueOrDefault(relative) ?? await VerifiedCopy.HashAsync(target.FullName, cancellationToken);
            _unchanged++;
        }
        else
        {
            _sums[relative] = await VerifiedCopy.CopyAsync(source.FullName, target.FullName, cancellationToken);
            _copied = (_copied.Files + 1, _copied.Bytes + source.Length);
        }

        _bytes += source.Length;
    }

    /// <summary>Jobs that were cleaned while the backup ran are cleaned in the snapshot too; what is missing otherwise is a problem to be told.</summary>
    private async Task<List<string>> ExplainMissingAsync(BackupSnapshot snapshot, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_missing.Count == 0)
        {
            return [];
        }

        var cleaned = await DatabaseCopy.ListCleanedAsync(options.DatabasePath, _missing, cancellationToken);
        await DatabaseCopy.MarkCleanedAsync(snapshot.Database, cleaned, now, cancellationToken);
        foreach (var path in _sums.Keys.Where(path => BackupDirectory.JobOf(path) is { } id && cleaned.Contains(id)).ToList())
        {
            _sums.Remove(path);
        }

        return [.. _missing.Where(id => !cleaned.Contains(id)).Select(id => $"Files of job {id} are missing below {options.DataPath}.")];
    }

    private async Task<BackupManifest> CloseAsync(
        BackupSnapshot snapshot, DateTimeOffset now, List<string> problems, CancellationToken cancellationToken)
    {
        var counts = await DatabaseCopy.CountAsync(snapshot.Database, cancellationToken);
        var files = _sums.Count;

        // The sum is by the name the snapshot will have.
        var finished = snapshot.Database.Replace($"/{snapshot.Name}/", $"/{snapshot.Name[1..]}/", StringComparison.Ordinal);
        _sums[directory.RelativePathOf(finished)] = await VerifiedCopy.HashAsync(snapshot.Database, cancellationToken);
        FileSums.Write(snapshot.Sums, _sums);
        var manifest = new BackupManifest(
            now, typeof(BackupRun).Assembly.GetName().Version!.ToString(3), counts.Values.Sum(),
            counts.Where(c => !Enum.Parse<JobState>(c.Key).IsTerminal()).Sum(c => c.Value), files,
            _bytes + new FileInfo(snapshot.Database).Length, problems);
        snapshot.WriteManifest(manifest);
        foreach (var file in Directory.EnumerateFiles(snapshot.Directory))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }

        DurableFile.FlushDirectory(snapshot.Directory);
        return manifest;
    }
}
