using System.Formats.Tar;
using System.IO.Compression;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Unpacks an uploaded archive (zip, tar, tar.gz) into a job's directory. An archive is somebody else's word: paths that lead out of the directory,
/// links, devices, more files or more bytes than are allowed are refused, and bytes are counted as they come out, whatever the archive says of
/// their number.
/// </summary>
/// <param name="directory">Where to.</param>
/// <param name="maxBytes">What all files together may come to.</param>
/// <param name="take">Asked for every file before it is written; refuses names that are taken, and too many of them.</param>
internal sealed class ArchiveUnpacker(string directory, long maxBytes, Action<string> take)
{
    private const int LinkType = 0xA000;
    private const int TypeMask = 0xF000;
    private const int OwnerMayExecute = 0x40;
    private const int TarMagicAt = 257;

    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);

    /// <summary>Bytes of all files so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Unpacks the archive at a path; every file and directory entry is on the disk when this returns.</summary>
    /// <exception cref="UploadException">It is no archive, damaged, or has something in it that is not allowed; the message names it.</exception>
    public async Task UnpackAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            var head = new byte[TarMagicAt + 5];
            var length = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
            file.Position = 0;
            await (KindOf(head.AsSpan(0, length)) switch
            {
                Kind.Zip => UnpackZipAsync(file, cancellationToken),
                Kind.Gzip => UnpackTarAsync(new GZipStream(file, CompressionMode.Decompress), cancellationToken),
                Kind.Tar => UnpackTarAsync(file, cancellationToken),
                _ => throw Bad("The archive is neither a zip nor a tar.gz file"),
            });
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException or FormatException)
        {
            throw Bad($"The archive is damaged or of a kind that cannot be read: {e.Message}");
        }

        foreach (var created in _directories)
        {
            DurableFile.FlushDirectory(created);
        }
    }

    private static Kind KindOf(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'P', (byte)'K', 3 or 5, ..] => Kind.Zip,
        [0x1f, 0x8b, ..] => Kind.Gzip,
        _ when head.Length >= TarMagicAt + 5 && head[TarMagicAt..].StartsWith("ustar"u8) => Kind.Tar,
        _ => Kind.Unknown,
    };

    private async Task UnpackZipAsync(Stream file, CancellationToken cancellationToken)
    {
        await using var zip = await ZipArchive.CreateAsync(file, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        foreach (var entry in zip.Entries.Where(e => !e.FullName.EndsWith('/')))
        {
            var type = (entry.ExternalAttributes >> 16) & TypeMask;
            if (type is not (0 or 0x8000))
            {
                throw Bad($"The archive's entry '{entry.FullName}' is {(type == LinkType ? "a link" : "no regular file")}; pack what it stands for instead");
            }

            await using var content = await entry.OpenAsync(cancellationToken);
            await WriteAsync(entry.FullName, content, (entry.ExternalAttributes >> 16 & OwnerMayExecute) != 0, cancellationToken);
        }
    }

    private async Task UnpackTarAsync(Stream stream, CancellationToken cancellationToken)
    {
        await using var tar = new TarReader(stream);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            switch (entry.EntryType)
            {
                case TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes:
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    await WriteAsync(entry.Name, entry.DataStream ?? Stream.Null, entry.Mode.HasFlag(UnixFileMode.UserExecute), cancellationToken);
                    break;
                default:
                    throw Bad($"The archive's entry '{entry.Name}' is {(entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink ? "a link" : "no regular file")}; pack what it stands for instead");
            }
        }
    }

    private async Task WriteAsync(string name, Stream content, bool isExecutable, CancellationToken cancellationToken)
    {
        // What "tar -C job -c ." writes.
        var path = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        if (!SafeFileName.TryGetRelativePath(path, out var relative, out var problem) || path.Contains('\\'))
        {
            throw Bad($"The archive's entry '{name}' cannot be unpacked: {problem ?? "its path contains a backslash"}");
        }

        take(relative);
        var target = Path.Combine(directory, relative);
        CreateDirectories(name, Path.GetDirectoryName(target)!);
        if (Directory.Exists(target))
        {
            throw Bad($"The archive's entry '{name}' is a file and a directory at once");
        }

        Bytes += await DurableFile.WriteAsync(target, new LimitedStream(content, maxBytes - Bytes, TooLarge), cancellationToken);
        if (isExecutable)
        {
            File.SetUnixFileMode(target, File.GetUnixFileMode(target) | UnixFileMode.UserExecute);
        }
    }

    private void CreateDirectories(string name, string path)
    {
        if (path.Length <= directory.Length || !_directories.Add(path))
        {
            return;
        }

        CreateDirectories(name, Path.GetDirectoryName(path)!);
        if (File.Exists(path))
        {
            throw Bad($"The archive's entry '{name}' lies in what is a file already");
        }

        Directory.CreateDirectory(path);
    }

    private UploadException TooLarge() => new(
        StatusCodes.Status413PayloadTooLarge, $"The archive unpacks to more than {maxBytes} bytes, which is the limit (MAX_UNPACKED_BYTES)");

    private static UploadException Bad(string message) => new(StatusCodes.Status400BadRequest, message);

    private enum Kind
    {
        Unknown,
        Zip,
        Gzip,
        Tar,
    }
}
