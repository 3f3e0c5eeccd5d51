using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Files;
using Microsoft.AspNetCore.Http.Features;

namespace JobOrchestrator.Client.Executions;

/// <summary>Sends an execution's directory and captured output as a ZIP, made on the way to the socket.</summary>
internal static class ExecutionZip
{
    private const int MaxInlineEntries = 100;
    private static readonly EnumerationOptions AllBelow = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    /// <summary>The answer. If it fails midway the connection is cut, so that nobody takes what came for the whole.</summary>
    public static async Task WriteAsync(Execution execution, HttpContext context)
    {
        context.Response.ContentType = "application/zip";
        // The archive's entries end with a few bytes that the framework writes synchronously even when disposed asynchronously.
        context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
        try
        {
            await DirectoryZip.WriteAsync(Workspace.WorkOf(execution.Directory), context.Response.Body, OutputOf(execution), context.RequestAborted);
        }
        catch
        {
            context.Abort();
            throw;
        }
    }

    /// <summary>The whole archive when the files have at most <paramref name="maxBytes"/> together, and are few; null otherwise, or when they are gone.</summary>
    public static async Task<byte[]?> TryMakeSmallAsync(Execution execution, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            var work = new DirectoryInfo(Workspace.WorkOf(execution.Directory));
            var output = OutputOf(execution);
            var entries = work.EnumerateFileSystemInfos("*", AllBelow).Concat(output.Select(o => new FileInfo(o.Path)));
            var (count, bytes) = (0, 0L);
            foreach (var entry in entries)
            {
                bytes += entry is FileInfo { LinkTarget: null } file ? file.Length : 0;
                if (++count > MaxInlineEntries || bytes > maxBytes)
                {
                    return null;
                }
            }

            using var archive = new MemoryStream();
            await DirectoryZip.WriteAsync(work.FullName, archive, output, cancellationToken);
            return archive.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Released at this moment, or not to be looked into: who asks for the result gets an answer that says so.
            return null;
        }
    }

    private static (string EntryName, string Path)[] OutputOf(Execution execution)
    {
        var control = Workspace.ControlOf(execution.Directory);
        (string EntryName, string Path)[] output =
        [
            ("stdout.log", ControlFiles.StdoutPath(control)),
            ("stderr.log", ControlFiles.StderrPath(control)),
        ];
        return [.. output.Where(o => File.Exists(o.Path))];
    }
}
