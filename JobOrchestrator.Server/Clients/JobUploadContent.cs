using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// A job's input directory as a multipart body: field name = path relative to the directory, file name = base name, as the classic client
/// takes it; before them, for our clients, the <see cref="ExecutionRequest"/>. Files are opened one at a time and streamed; the length is
/// known beforehand.
/// </summary>
internal sealed class JobUploadContent : HttpContent
{
    private const int CopyBufferBytes = 1 << 18;

    private readonly List<(byte[] Head, string Path, long Length)> _files = [];
    private readonly byte[] _first;
    private readonly byte[] _last;
    private readonly ProgressTimeout _progress;

    public JobUploadContent(string directory, ExecutionRequest? request, ProgressTimeout progress)
    {
        _progress = progress;
        var boundary = "jo-" + Guid.NewGuid().ToString("N");
        Headers.ContentType = new MediaTypeHeaderValue("multipart/form-data") { Parameters = { new("boundary", boundary) } };
        _first = request is null
            ? []
            : Encoding.UTF8.GetBytes(
                $"--{boundary}\r\nContent-Disposition: form-data; name=\"{ExecutionRequest.FieldName}\"\r\nContent-Type: application/json\r\n\r\n"
                + JsonSerializer.Serialize(request, ContractsJson.Default.ExecutionRequest) + "\r\n");
        _last = Encoding.UTF8.GetBytes($"--{boundary}--\r\n");
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(directory, file.FullName);
            var head = Encoding.UTF8.GetBytes(
                $"--{boundary}\r\nContent-Disposition: form-data; name=\"{Quote(relative)}\"; filename=\"{Quote(file.Name)}\"\r\n"
                + $"Content-Type: {((file.UnixFileMode & UnixFileMode.UserExecute) == 0 ? "application/octet-stream" : MultipartPart.ExecutableType)}\r\n\r\n");
            _files.Add((head, file.FullName, file.Length));
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _first.Length + _last.Length + _files.Sum(f => f.Head.Length + f.Length + 2);
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_first, cancellationToken);
        var buffer = new byte[(int)Math.Clamp(_files.Select(f => f.Length).DefaultIfEmpty().Max(), 1, CopyBufferBytes)];
        foreach (var (head, path, _) in _files)
        {
            await stream.WriteAsync(head, cancellationToken);
            FaultPoints.Reached(FaultPoints.DispatchHalf);
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            int read;
            while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                _progress.Report();
            }

            await stream.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
        }

        await stream.WriteAsync(_last, cancellationToken);
    }

    private static string Quote(string name) => name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
