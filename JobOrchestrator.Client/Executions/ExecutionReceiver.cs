using System.Diagnostics;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// Takes in an execution's files. They are not fsynced: the server keeps them until the job's end, so after a power cut an execution
/// that is not whole is simply sent again.
/// </summary>
internal sealed class ExecutionReceiver(Workspace workspace, ExecutionEvents events, TimeProvider clock)
{
    private const int MaxRequestBytes = 1 << 16;

    /// <summary>Reads the body and makes it an execution, whole or not at all.</summary>
    /// <exception cref="MultipartException">The body cannot be used; the message says why.</exception>
    public async Task<Execution> ReceiveAsync(ExecutionKey key, HttpRequest body, CancellationToken cancellationToken)
    {
        var parts = MultipartParts.Open(body);
        var staging = workspace.CreateStaging();
        try
        {
            var request = await ReadPartsAsync(parts, Workspace.WorkOf(staging), cancellationToken);
            request = request with { TraceParent = request.TraceParent ?? Activity.Current?.Id };
            var report = new ExecutionReport
            {
                JobId = key.JobId,
                Attempt = key.Attempt,
                Upload = key.Upload,
                State = ExecutionState.Prepared,
                AcceptedAt = clock.GetUtcNow(),
            };
            var record = new ExecutionRecord(report, request);
            new Execution(staging, record, events).Save();
            var directory = workspace.DirectoryOf(key);
            Directory.Move(staging, directory);
            events.Publish(report);
            return new Execution(directory, record, events);
        }
        catch
        {
            Directory.Delete(staging, recursive: true);
            throw;
        }
    }

    private static async Task<ExecutionRequest> ReadPartsAsync(MultipartParts parts, string directory, CancellationToken cancellationToken)
    {
        var request = new ExecutionRequest("");
        while (await parts.ReadNextAsync(cancellationToken) is { } part)
        {
            if (part.FileName is not null)
            {
                await StoreAsync(part, directory, cancellationToken);
            }
            else if (part.Name == ExecutionRequest.FieldName)
            {
                var json = await MultipartParts.GuardAsync(() => part.ReadTextAsync(MaxRequestBytes, cancellationToken));
                request = Parse(json);
            }
        }

        return request;
    }

    private static ExecutionRequest Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ContractsJson.Default.ExecutionRequest)
                ?? throw new MultipartException($"Field '{ExecutionRequest.FieldName}' is null");
        }
        catch (JsonException e)
        {
            throw new MultipartException($"Field '{ExecutionRequest.FieldName}' is not valid JSON: {e.Message}", e);
        }
    }

    private static async Task StoreAsync(MultipartPart part, string directory, CancellationToken cancellationToken)
    {
        // The field name is the path; a sender without one is content with the base name.
        var name = part.Name.Length > 0 && part.Name.EndsWith(part.FileName!, StringComparison.Ordinal) ? part.Name : part.FileName!;
        if (!SafeFileName.TryGetRelativePath(name, out var relative, out var problem))
        {
            throw new MultipartException($"Invalid path '{name}': {problem}");
        }

        var path = Path.Combine(directory, relative);
        if (Path.Exists(path))
        {
            throw new MultipartException($"Two files have the path '{relative}'");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (IOException e) when (!DiskFull.IsCauseOf(e))
        {
            throw new MultipartException($"The path '{relative}' goes through a file", e);
        }

        await MultipartParts.GuardAsync(async () =>
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            await part.Body.CopyToAsync(file, 1 << 17, cancellationToken);
            if (part.IsExecutable)
            {
                File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(file.SafeFileHandle) | UnixFileMode.UserExecute);
            }

            return true;
        });
    }
}
