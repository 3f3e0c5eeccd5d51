using System.IO.Compression;

namespace JobOrchestrator.Server.Results;

/// <summary>One file of a result, open for reading.</summary>
internal sealed class ZippedFile(ZipArchive zip, ZipArchiveEntry entry, Stream content) : IAsyncDisposable
{
    public long Length => entry.Length;

    public DateTimeOffset ModifiedAt => ResultZip.TimeOf(entry);

    /// <summary>CRC-32 of the content.</summary>
    public uint Checksum => entry.Crc32;

    public Stream Content => content;

    public async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await zip.DisposeAsync();
    }
}
