using System.Buffers;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// Writes a directory as a ZIP straight to a stream: nothing is held in memory or in a temporary file, and the target need not seek.
/// <para>
/// Regular files keep their permission bits, symbolic links are stored as links and never followed, and what cannot be stored (FIFOs,
/// sockets, devices, unreadable files) is left out and listed in the entry <see cref="NotesEntryName"/>.
/// </para>
/// </summary>
public static class DirectoryZip
{
    /// <summary>Entry that lists what was left out, and why; absent when everything was stored.</summary>
    public const string NotesEntryName = "orchestrator-notes.txt";

    private const int ProbeBytes = 1 << 16;
    private const int CopyBufferBytes = 1 << 18;
    private static readonly DateTimeOffset EarliestZipTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes all of <paramref name="directory"/>, then <paramref name="extraFiles"/> (entry name → path) that do not collide.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static async Task WriteAsync(
        string directory,
        Stream target,
        IReadOnlyList<(string EntryName, string Path)> extraFiles,
        CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var archive = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            foreach (var (path, name) in Walk(directory, notes))
            {
                await AddAsync(archive, path, name, buffer, notes, cancellationToken);
                taken.Add(name);
            }

            foreach (var (entryName, path) in extraFiles)
            {
                var name = taken.Contains(entryName) ? "orchestrator-" + entryName : entryName;
                await AddAsync(archive, path, name, buffer, notes, cancellationToken);
            }

            if (notes.Count > 0)
            {
                await AddNotesAsync(archive, notes, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // Not in a finally: an archive that was cut short must not get a valid ending.
        await archive.DisposeAsync();
    }

    /// <summary>Everything below the directory, parents before children, without recursion; links to directories are not entered.</summary>
    private static IEnumerable<(string Path, string Name)> Walk(string root, List<string> notes)
    {
        var pending = new Stack<string>([""]);
        while (pending.TryPop(out var prefix))
        {
            var entries = ListDirectory(Path.Combine(root, prefix), prefix, notes);
            foreach (var entry in entries)
            {
                var name = prefix + entry.Name;
                if (entry is DirectoryInfo && entry.LinkTarget is null)
                {
                    pending.Push(name + "/");
                    yield return (entry.FullName, name + "/");
                }
                else
                {
                    yield return (entry.FullName, name);
                }
            }
        }
    }

    private static FileSystemInfo[] ListDirectory(string path, string prefix, List<string> notes)
    {
        try
        {
            var entries = new DirectoryInfo(path).GetFileSystemInfos("*", new EnumerationOptions
            {
                AttributesToSkip = FileAttributes.None,
                IgnoreInaccessible = false,
                RecurseSubdirectories = false,
            });
            Array.Sort(entries, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return entries;
        }
        catch (Exception e) when (prefix.Length > 0 && e is IOException or UnauthorizedAccessException)
        {
            notes.Add($"{prefix}: {e.Message}");
            return [];
        }
    }

    private static async Task AddAsync(
        ZipArchive archive, string path, string name, byte[] buffer, List<string> notes, CancellationToken cancellationToken)
    {
        if (!FileStatus.TryGet(path, out var status))
        {
            notes.Add($"{name}: vanished or unreadable while the result was collected");
            return;
        }

        switch (status.Kind)
        {
            case FileKind.Directory:
                CreateEntry(archive, name, CompressionLevel.NoCompression, status);
                break;
            case FileKind.SymbolicLink:
                await AddLinkAsync(archive, path, name, status, notes, cancellationToken);
                break;
            case FileKind.Regular:
                await AddFileAsync(archive, path, name, status, buffer, notes, cancellationToken);
                break;
            default:
                notes.Add($"{name}: a {status.Kind} is not a file and was left out");
                break;
        }
    }

    private static async Task AddLinkAsync(
        ZipArchive archive, string path, string name, FileStatus status, List<string> notes, CancellationToken cancellationToken)
    {
        if (new FileInfo(path).LinkTarget is not { } linkTarget)
        {
            notes.Add($"{name}: changed while the result was collected");
            return;
        }

        var entry = CreateEntry(archive, name, CompressionLevel.NoCompression, status);
        await using var content = await entry.OpenAsync(cancellationToken);
        await content.WriteAsync(Encoding.UTF8.GetBytes(linkTarget), cancellationToken);
    }

    private static async Task AddFileAsync(
        ZipArchive archive, string path, string name, FileStatus status, byte[] buffer, List<string> notes, CancellationToken cancellationToken)
    {
        SafeFileHandle handle;
        try
        {
            handle = FileStatus.OpenWithoutFollowing(path);
        }
        catch (IOException e)
        {
            notes.Add($"{name}: {e.Message}");
            return;
        }

        using (handle)
        {
            var first = RandomAccess.Read(handle, buffer, 0);
            var entry = CreateEntry(archive, name, ChooseCompression(buffer.AsSpan(0, first)), status);
            await using var content = await entry.OpenAsync(cancellationToken);
            var offset = 0L;
            for (var read = first; read > 0; read = RandomAccess.Read(handle, buffer, offset))
            {
                await content.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                offset += read;
            }
        }
    }

    private static async Task AddNotesAsync(ZipArchive archive, List<string> notes, CancellationToken cancellationToken)
    {
        var entry = archive.CreateEntry(NotesEntryName, CompressionLevel.Fastest);
        await using var content = await entry.OpenAsync(cancellationToken);
        var text = "Left out of this archive:\n" + string.Join('\n', notes) + "\n";
        await content.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    private static ZipArchiveEntry CreateEntry(ZipArchive archive, string name, CompressionLevel compression, FileStatus status)
    {
        var entry = archive.CreateEntry(name, compression);
        entry.ExternalAttributes = status.Mode << 16;
        entry.LastWriteTime = status.ModifiedAt < EarliestZipTime ? EarliestZipTime : status.ModifiedAt;
        return entry;
    }

    /// <summary>
    /// Compressing what does not compress (archives, images, trajectories) costs ten times the copy and gains nothing: a sample from
    /// the file's beginning decides.
    /// </summary>
    private static CompressionLevel ChooseCompression(ReadOnlySpan<byte> beginning)
    {
        var sample = beginning[..Math.Min(beginning.Length, ProbeBytes)];
        if (sample.Length == 0)
        {
            return CompressionLevel.NoCompression;
        }

        var compressed = ArrayPool<byte>.Shared.Rent(sample.Length);
        try
        {
            // BrotliEncoder at its fastest is the framework's only one-shot compressor; it judges compressibility as well as Deflate.
            var room = compressed.AsSpan(0, sample.Length - (sample.Length / 16));
            return BrotliEncoder.TryCompress(sample, room, out _, quality: 0, window: 16)
                ? CompressionLevel.Fastest
                : CompressionLevel.NoCompression;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }
}
