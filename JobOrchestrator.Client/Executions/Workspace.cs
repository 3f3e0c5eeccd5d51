using System.Globalization;
using System.Text;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// Where executions are, below <c>DATA_PATH</c>: <c>staging/</c> while files come in, then <c>executions/&lt;job&gt;-&lt;attempt&gt;-&lt;upload&gt;/</c> with the
/// job's directory <c>work/</c>, the launcher's <c>control/</c> and the record <c>execution.json</c>. The file <c>boot</c> says during which run of the
/// machine all of it was written.
/// </summary>
internal sealed class Workspace
{
    private readonly string _staging;
    private readonly string _executions;
    private readonly string _boot;

    public Workspace(ClientOptions options)
    {
        _staging = Path.Combine(options.DataPath, "staging");
        _executions = Path.Combine(options.DataPath, "executions");
        _boot = Path.Combine(options.DataPath, "boot");
        Directory.CreateDirectory(_staging);
        Directory.CreateDirectory(_executions);
    }

    public static string WorkOf(string directory) => Path.Combine(directory, "work");

    public static string ControlOf(string directory) => Path.Combine(directory, "control");

    public static string RecordOf(string directory) => Path.Combine(directory, "execution.json");

    public string DirectoryOf(ExecutionKey key) =>
        Path.Combine(_executions, string.Create(CultureInfo.InvariantCulture, $"{key.JobId}-{key.Attempt}{(key.Upload is null ? "" : "-")}{key.Upload}"));

    /// <summary>A new directory for files that come in.</summary>
    public string CreateStaging()
    {
        var directory = Path.Combine(_staging, Guid.CreateVersion7().ToString("N"));
        Directory.CreateDirectory(WorkOf(directory));
        Directory.CreateDirectory(ControlOf(directory));
        return directory;
    }

    /// <summary>Directories of all executions on the disk.</summary>
    public IEnumerable<string> List() => Directory.EnumerateDirectories(_executions);

    /// <summary>
    /// Removes all executions if the machine was started anew since they were written. Neither their inputs nor what their scripts wrote is fsynced
    /// (the server has the inputs, and would have to wait for the rest), so after a power cut a file may be short, and nobody could tell.
    /// </summary>
    /// <param name="bootId">Of the machine's present run.</param>
    /// <returns>How many were removed.</returns>
    public int RemoveOlderThanBoot(string bootId)
    {
        var known = File.Exists(_boot) ? File.ReadAllText(_boot) : null;
        if (known == bootId)
        {
            return 0;
        }

        var removed = 0;
        foreach (var directory in known is null ? [] : List())
        {
            Delete(directory);
            removed++;
        }

        // Only now, so that a start that was cut off here begins again.
        DurableFile.Replace(_boot, Encoding.UTF8.GetBytes(bootId));
        return removed;
    }

    /// <summary>Removes what uploads left that never came to their end.</summary>
    public void ClearStaging()
    {
        foreach (var directory in Directory.EnumerateDirectories(_staging))
        {
            Delete(directory);
        }
    }

    /// <summary>Deletes an execution: out of the way in one step first, so that a crash in the middle leaves litter, not half an execution.</summary>
    public static void Discard(string directory)
    {
        var data = Path.GetDirectoryName(Path.GetDirectoryName(directory))!;
        var litter = Path.Combine(data, "staging", Guid.CreateVersion7().ToString("N"));
        Directory.Move(directory, litter);
        Delete(litter);
    }

    /// <summary>Deletes a directory, whatever a job did to it.</summary>
    public static void Delete(string directory) => TreeDeletion.Delete(directory);
}
