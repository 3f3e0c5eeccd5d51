using System.Globalization;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Where files are, below <c>DATA_PATH</c>: <c>staging/&lt;key&gt;</c> while an upload comes in, <c>jobs/&lt;id&gt;/input</c> and
/// <c>jobs/&lt;id&gt;/result.&lt;attempt&gt;.zip</c> afterwards; <c>collecting/</c> for results on their way in, <c>trash/</c> for what is being
/// deleted. A directory in <c>staging</c> without a row in the database is litter of an upload that never was acknowledged; one with a row
/// belongs to a job whose <see cref="Publish"/> was cut off, and is published at start. So whatever a crash leaves half done lies in one of
/// three directories that are empty otherwise, and a start need not look through the history to find it.
/// </summary>
internal sealed class JobFiles
{
    private readonly string _staging;
    private readonly string _jobs;
    private readonly string _collecting;
    private readonly string _trash;

    public JobFiles(ServerOptions options)
    {
        _staging = Path.Combine(options.DataPath, "staging");
        _jobs = Path.Combine(options.DataPath, "jobs");
        _collecting = Path.Combine(options.DataPath, "collecting");
        _trash = Path.Combine(options.DataPath, "trash");
        Directory.CreateDirectory(_staging);
        Directory.CreateDirectory(_jobs);
        Directory.CreateDirectory(_collecting);
        Directory.CreateDirectory(_trash);
    }

    public string InputDirectory(int jobId) => Path.Combine(JobDirectory(jobId), "input");

    /// <summary>The result of the job's attempt on record.</summary>
    public string ResultPath(Job job) => ResultPath(job.Id, job.Attempt);

    /// <summary>One per attempt: what an overtaken attempt brings in late cannot take the place of the result that counts.</summary>
    public string ResultPath(int jobId, int attempt) => Path.Combine(
        JobDirectory(jobId), string.Create(CultureInfo.InvariantCulture, $"result.{attempt}.zip"));

    /// <summary>Where a result is fetched to before it is whole.</summary>
    public string TemporaryResultPath(int jobId, int attempt) => Path.Combine(
        _collecting, string.Create(CultureInfo.InvariantCulture, $"{jobId}-{attempt}.zip"));

    public string StagingDirectory(string key) => Path.Combine(_staging, key);

    /// <summary>Creates the directory an upload is written to.</summary>
    public string CreateStaging(string key) => Directory.CreateDirectory(StagingDirectory(key)).FullName;

    /// <summary>Makes the upload's files and their directory entries durable; each file's content already is.</summary>
    public void FlushStaging(string key)
    {
        DurableFile.FlushDirectory(StagingDirectory(key));
        DurableFile.FlushDirectory(_staging);
    }

    /// <summary>Copies a job's input to a new staging directory, durably; returns its bytes.</summary>
    /// <exception cref="DirectoryNotFoundException">It has none any more.</exception>
    public async Task<long> CopyInputAsync(int jobId, string key, CancellationToken cancellationToken)
    {
        var (source, target) = (InputDirectory(jobId), CreateStaging(key));
        var bytes = 0L;
        foreach (var directory in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(source, directory)));
        }

        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            bytes += await DurableFile.WriteAsync(Path.Combine(target, Path.GetRelativePath(source, file)), content, cancellationToken);
        }

        foreach (var directory in Directory.EnumerateDirectories(target, "*", SearchOption.AllDirectories))
        {
            DurableFile.FlushDirectory(directory);
        }

        FlushStaging(key);
        return bytes;
    }

    /// <summary>
    /// Moves an acknowledged upload to its job's directory. Harmless when that already happened. What lies there already while the upload is still
    /// staged belonged to another job of that number, from before the database was replaced by an older copy: it goes.
    /// </summary>
    public void Publish(string stagingKey, int jobId)
    {
        var (source, target) = (StagingDirectory(stagingKey), InputDirectory(jobId));
        if (Directory.Exists(target))
        {
            if (!Directory.Exists(source))
            {
                return;
            }

            var litter = Guid.CreateVersion7().ToString("N");
            Directory.Move(JobDirectory(jobId), StagingDirectory(litter)); // out of the way in one step; a start removes what nobody knows there
            DeleteStaging(litter);
        }

        Directory.CreateDirectory(JobDirectory(jobId));
        Directory.Move(source, target);
    }

    /// <summary>Puts a fetched result in its place: from here on it is there whole, or not at all.</summary>
    public void PublishResult(int jobId, int attempt)
    {
        File.Move(TemporaryResultPath(jobId, attempt), ResultPath(jobId, attempt), overwrite: true);
        DurableFile.FlushDirectory(JobDirectory(jobId));
    }

    public void DeleteStaging(string key) => DeleteDirectory(StagingDirectory(key));

    /// <summary>Removes a result that turned out not to count.</summary>
    public void DeleteResult(int jobId, int attempt) => File.Delete(ResultPath(jobId, attempt));

    /// <summary>Takes all files of a job out of the way in one step; <see cref="EmptyTrash"/> deletes them.</summary>
    public void Discard(int jobId)
    {
        if (Directory.Exists(JobDirectory(jobId)))
        {
            Directory.Move(JobDirectory(jobId), TrashDirectory(jobId));
        }
    }

    /// <summary>Whether the job's files were taken out of the way and are not deleted yet.</summary>
    public bool IsInTrash(int jobId) => Directory.Exists(TrashDirectory(jobId));

    /// <summary>Deletes what <see cref="Discard"/> took away.</summary>
    public void EmptyTrash(int jobId) => DeleteDirectory(TrashDirectory(jobId));

    /// <summary>Jobs whose files were taken away and are not yet deleted.</summary>
    public IEnumerable<int> ListTrash() => Directory.EnumerateDirectories(_trash)
        .Select(d => int.Parse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture));

    /// <summary>Removes what was being fetched when an earlier server ended; it is fetched again.</summary>
    public void ClearCollecting()
    {
        foreach (var file in Directory.EnumerateFiles(_collecting))
        {
            File.Delete(file);
        }
    }

    /// <summary>Jobs that have a directory.</summary>
    public IEnumerable<int> ListJobs() => Directory.EnumerateDirectories(_jobs)
        .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>Bytes that the files of all jobs take.</summary>
    public long Measure() => DirectorySize.Measure(_jobs);

    /// <summary>Bytes that the files of one job take.</summary>
    public long Measure(int jobId) => DirectorySize.Measure(JobDirectory(jobId));

    /// <summary>Keys of uploads that are neither acknowledged and published nor removed.</summary>
    public IEnumerable<string> ListStaging() => Directory.EnumerateDirectories(_staging).Select(d => Path.GetFileName(d)!);

    private string JobDirectory(int jobId) => Path.Combine(_jobs, jobId.ToString(CultureInfo.InvariantCulture));

    private string TrashDirectory(int jobId) => Path.Combine(_trash, jobId.ToString(CultureInfo.InvariantCulture));

    private static void DeleteDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
