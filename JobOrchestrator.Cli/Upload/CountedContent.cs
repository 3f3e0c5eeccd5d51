using System.Net;

namespace JobOrchestrator.Cli.Upload;

/// <summary>Content that tells how much of it has been sent.</summary>
internal sealed class CountedContent : HttpContent
{
    private const int BufferBytes = 1 << 17;

    private readonly HttpContent _content;
    private readonly Action<long, long?> _report;

    public CountedContent(HttpContent content, Action<long, long?> report)
    {
        (_content, _report) = (content, report);
        foreach (var (name, values) in content.Headers)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var source = await _content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[BufferBytes];
        long sent = 0;
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            sent += read;
            _report(sent, _content.Headers.ContentLength);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }
}
