using System.IO.Compression;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Server.Results;

/// <summary>Looks into a result without unpacking it: its table of contents, and single files, streamed.</summary>
internal static class ResultZip
{
    public const int MaxListed = 10_000;
    private const int LinkType = 0xA000;
    private const int TypeMask = 0xF000;

    public static async Task<FileList> ListAsync(string zipPath, CancellationToken cancellationToken)
    {
        await using var zip = await ZipFile.OpenReadAsync(zipPath, cancellationToken);
        var files = zip.Entries.Where(IsFile).OrderBy(e => e.FullName, StringComparer.Ordinal).ToArray();
        return new FileList
        {
            Final = true,
            Files = [.. files.Take(MaxListed).Select(ToRecord)],
            Truncated = files.Length > MaxListed,
        };
    }

    /// <summary>One file's content; null when there is no such file. The caller disposes it.</summary>
    public static Task<ZippedFile?> OpenFileAsync(string zipPath, string name, CancellationToken cancellationToken) =>
        OpenAsync(zipPath, zip => zip.Entries.LastOrDefault(e => e.FullName == name && IsFile(e)), cancellationToken);

    /// <summary>The content of the entry that <paramref name="choose"/> picks; null when it picks none. The caller disposes it.</summary>
    public static async Task<ZippedFile?> OpenAsync(
        string zipPath, Func<ZipArchive, ZipArchiveEntry?> choose, CancellationToken cancellationToken)
    {
        var zip = await ZipFile.OpenReadAsync(zipPath, cancellationToken);
        try
        {
            if (choose(zip) is { } entry)
            {
                return new ZippedFile(zip, entry, await entry.OpenAsync(cancellationToken));
            }

            await zip.DisposeAsync();
            return null;
        }
        catch
        {
            await zip.DisposeAsync();
            throw;
        }
    }

    /// <summary>The output stream <paramref name="name"/> from its first byte; null when it has nothing from <paramref name="from"/> on. The caller disposes it.</summary>
    public static Task<ZippedFile?> OpenLogAsync(string zipPath, string name, long from, CancellationToken cancellationToken) => OpenAsync(
        zipPath,
        zip =>
        {
            // Output comes after the job's own files; it has the longer name when one of those has the shorter.
            var entry = zip.Entries.LastOrDefault(e => e.FullName == $"{name}.log" || e.FullName == $"orchestrator-{name}.log");
            return entry?.Length > from ? entry : null;
        },
        cancellationToken);

    private static bool IsFile(ZipArchiveEntry entry) => !entry.FullName.EndsWith('/');

    /// <summary>Our ZIPs hold UTC; ZIP itself knows no time zones, and the framework takes what it finds for local time.</summary>
    public static DateTimeOffset TimeOf(ZipArchiveEntry entry) => new(entry.LastWriteTime.DateTime, TimeSpan.Zero);

    private static FileRecord ToRecord(ZipArchiveEntry entry) => new()
    {
        Path = entry.FullName,
        Size = entry.Length,
        ModifiedAt = TimeOf(entry),
        Link = ((entry.ExternalAttributes >> 16) & TypeMask) == LinkType,
    };
}
