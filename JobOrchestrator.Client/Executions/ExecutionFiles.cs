using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// Looks into an execution's directory while the script may be at work in it. Nothing is followed out of it: every step of a path is opened
/// relative to the one before, and a link among them ends the way.
/// </summary>
internal static class ExecutionFiles
{
    public static IResult List(Execution execution)
    {
        var files = DirectoryListing.List(Workspace.WorkOf(execution.Directory), ExecutionFileList.MaxFiles + 1);
        return TypedResults.Json(
            new ExecutionFileList([.. files.Take(ExecutionFileList.MaxFiles)], files.Count > ExecutionFileList.MaxFiles),
            ContractsJson.Default.ExecutionFileList);
    }

    /// <summary>The file's content; null when there is no regular file of that path.</summary>
    public static IResult? Open(Execution execution, string path)
    {
        if (!SafeFileName.TryGetRelativePath(path, out var relative, out _)
            || DirectoryListing.TryOpen(Workspace.WorkOf(execution.Directory), relative) is not { } handle)
        {
            return null;
        }

        return TypedResults.Stream(new FileStream(handle, FileAccess.Read, bufferSize: 0), "application/octet-stream");
    }
}
