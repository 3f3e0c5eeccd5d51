using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Where files are, below <c>DATA_PATH</c>: <c>staging/&lt;key&gt;</c> while an upload comes in, <c>jobs/&lt;id&gt;/input</c> and
/// <c>jobs/&lt;id&gt;/result.zip</c> afterwards. A directory in <c>staging</c> without a row in the database is litter of an upload that
/// never was acknowledged; one with a row belongs to a job whose <see cref="Publish"/> was cut off, and is published at start.
/// </summary>
internal sealed class JobFiles
{
    private readonly string _staging;
    private readonly string _jobs;

    public JobFiles(ServerOptions options)
    {
        _staging = Path.Combine(options.DataPath, "staging");
        _jobs = Path.Combine(options.DataPath, "jobs");
        Directory.CreateDirectory(_staging);
        Directory.CreateDirectory(_jobs);
    }

    public string InputDirectory(int jobId) => Path.Combine(JobDirectory(jobId), "input");

    public string ResultPath(int jobId) => Path.Combine(JobDirectory(jobId), "result.zip");

    /// <summary>Where a result is fetched to before it is whole; one per attempt, so that a late one cannot disturb another.</summary>
    public string TemporaryResultPath(int jobId, int attempt) => Path.Combine(JobDirectory(jobId), $"result.{attempt}.part");

    public string StagingDirectory(string key) => Path.Combine(_staging, key);

    /// <summary>Creates the directory an upload is written to.</summary>
    public string CreateStaging(string key) => Directory.CreateDirectory(StagingDirectory(key)).FullName;

    /// <summary>Makes the upload's files and their directory entries durable; each file's content already is.</summary>
    public void FlushStaging(string key)
    {
        DurableFile.FlushDirectory(StagingDirectory(key));
        DurableFile.FlushDirectory(_staging);
    }

    /// <summary>Moves an acknowledged upload to its job's directory. Harmless when that already happened.</summary>
    public void Publish(string stagingKey, int jobId)
    {
        var target = InputDirectory(jobId);
        if (Directory.Exists(target))
        {
            return;
        }

        Directory.CreateDirectory(JobDirectory(jobId));
        Directory.Move(StagingDirectory(stagingKey), target);
    }

    /// <summary>Puts a fetched result in its place: from here on it is there whole, or not at all.</summary>
    public void PublishResult(int jobId, int attempt)
    {
        File.Move(TemporaryResultPath(jobId, attempt), ResultPath(jobId), overwrite: true);
        DurableFile.FlushDirectory(JobDirectory(jobId));
    }

    public void DeleteStaging(string key) => DeleteDirectory(StagingDirectory(key));

    public void DeleteJob(int jobId) => DeleteDirectory(JobDirectory(jobId));

    /// <summary>Keys of uploads that are neither acknowledged and published nor removed.</summary>
    public IEnumerable<string> ListStaging() => Directory.EnumerateDirectories(_staging).Select(d => Path.GetFileName(d)!);

    private string JobDirectory(int jobId) => Path.Combine(_jobs, jobId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static void DeleteDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
