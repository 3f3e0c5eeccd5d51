using System.Buffers;
using System.Globalization;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// Sends one of a script's output streams, from any position, to its end or on and on as it is written. The kernel says when the file has
/// changed (<see cref="FileChanges"/>), so no interval stands in a line's way; nothing is looked at when nobody follows.
/// </summary>
internal sealed class ExecutionLog(Execution execution, string path, long from, long? tail, bool follow, TimeProvider clock) : IResult
{
    public const string Stdout = "stdout";
    public const string Stderr = "stderr";
    private const int BufferBytes = 1 << 16;

    /// <summary>The file of a stream; null when there is no stream of that name.</summary>
    public static string? Find(Execution execution, string stream) => stream switch
    {
        Stdout => ControlFiles.StdoutPath(Workspace.ControlOf(execution.Directory)),
        Stderr => ControlFiles.StderrPath(Workspace.ControlOf(execution.Directory)),
        _ => null,
    };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var log = TryOpen();
        try
        {
            var length = log is null ? 0 : RandomAccess.GetLength(log);
            var position = tail is { } bytes ? Math.Max(0, length - bytes) : from;
            response.ContentType = "text/plain";
            response.Headers[ExecutionReport.LogOffsetHeader] = position.ToString(CultureInfo.InvariantCulture);
            await response.StartAsync(httpContext.RequestAborted);
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
            log = await CopyAsync(response.Body, log, position, httpContext.RequestAborted);
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // The reader left.
        }
        finally
        {
            log?.Dispose();
        }
    }

    private async Task<SafeFileHandle?> CopyAsync(Stream target, SafeFileHandle? log, long position, CancellationToken cancellationToken)
    {
        using var changes = follow ? new FileChanges(path, execution.Ended, clock) : null;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                // Looked at before reading: what was written before the end is read after it.
                var last = !follow || execution.Report.State.IsFinal();
                log ??= TryOpen();
                var any = false;
                for (int read; log is not null && (read = RandomAccess.Read(log, buffer, position)) > 0; position += read)
                {
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    any = true;
                }

                if (last || changes is null)
                {
                    return log;
                }

                if (any)
                {
                    await target.FlushAsync(cancellationToken);
                }

                await changes.NextAsync(cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Null while the script has not started.</summary>
    private SafeFileHandle? TryOpen()
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
