using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Files;
using Microsoft.AspNetCore.Http.Features;

namespace JobOrchestrator.Client.Executions;

/// <summary>Sends an execution's directory and captured output as a ZIP, made on the way to the socket.</summary>
internal static class ExecutionZip
{
    /// <summary>The answer. If it fails midway the connection is cut, so that nobody takes what came for the whole.</summary>
    public static async Task WriteAsync(Execution execution, HttpContext context)
    {
        context.Response.ContentType = "application/zip";
        // The archive's entries end with a few bytes that the framework writes synchronously even when disposed asynchronously.
        context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
        var control = Workspace.ControlOf(execution.Directory);
        (string, string)[] output =
        [
            ("stdout.log", ControlFiles.StdoutPath(control)),
            ("stderr.log", ControlFiles.StderrPath(control)),
        ];
        try
        {
            await DirectoryZip.WriteAsync(
                Workspace.WorkOf(execution.Directory), context.Response.Body,
                [.. output.Where(o => File.Exists(o.Item2))], context.RequestAborted);
        }
        catch
        {
            context.Abort();
            throw;
        }
    }
}
