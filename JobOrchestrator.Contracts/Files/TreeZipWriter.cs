using System.Buffers;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>Puts one untrusted tree into one archive.</summary>
internal sealed class TreeZipWriter(UntrustedTree tree, ZipArchive archive, CollectionLimits limits) : IDisposable
{
    private const int CopyBufferBytes = 1 << 18;
    private const int MaxNotes = 1000;
    private const int PermissionBits = 0b111_111_111;
    private const int TypeBits = 0xF000;
    private static readonly DateTimeOffset EarliestZipTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly EntryNames _names = new();
    private readonly List<string> _notes = [];
    private readonly Dictionary<(ulong Device, ulong Inode), List<byte[]>> _linked = [];
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
    private int _suppressedNotes;
    private int _entries;
    private long _bytes;

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    /// <summary>Everything, parents before children, without recursion.</summary>
    public async Task WriteTreeAsync(CancellationToken cancellationToken)
    {
        var pending = new Stack<byte[]>([[]]);
        while (pending.TryPop(out var directory))
        {
            foreach (var entry in List(directory))
            {
                if (_entries >= limits.Entries)
                {
                    Note(entry.Path, $"and all that follows: more than {limits.Entries} entries");
                    pending.Clear();
                    break;
                }

                if (entry.Status?.Kind == FileKind.Directory)
                {
                    pending.Push(entry.Path);
                }

                await WriteAsync(entry, cancellationToken);
            }
        }

        await WriteLinkedAsync(cancellationToken);
    }

    /// <summary>A file of ours beside the tree.</summary>
    public async Task WriteExtraAsync(string entryName, string path, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var status = new FileStatus(0x8000 | 0b110_100_100, RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(path), 1, default);
        var name = _names.TakeFree(_names.IsTaken(entryName) ? "orchestrator-" + entryName : entryName);
        await CopyAsync(file, status, name, Encoding.UTF8.GetBytes(name), cancellationToken);
    }

    public async Task WriteNotesAsync(CancellationToken cancellationToken)
    {
        if (_notes.Count == 0)
        {
            return;
        }

        var entry = archive.CreateEntry(_names.TakeFree(DirectoryZip.NotesEntryName), CompressionLevel.Fastest);
        await using var content = await entry.OpenAsync(cancellationToken);
        var more = _suppressedNotes > 0 ? $"… and {_suppressedNotes} more\n" : "";
        var text = "Left out of this archive, or stored differently:\n" + string.Join('\n', _notes) + "\n" + more;
        await content.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    private List<TreeEntry> List(byte[] directory)
    {
        try
        {
            return tree.List(directory, limits.Entries - _entries + 1);
        }
        catch (IOException e)
        {
            Note(directory, $"its contents: {e.Message}");
            return [];
        }
    }

    private async Task WriteAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        switch (entry.Status)
        {
            case { Kind: FileKind.Directory } status:
                _entries++;
                CreateEntry(Take([.. entry.Path, (byte)'/']), CompressionLevel.NoCompression, status);
                break;
            case { Kind: FileKind.SymbolicLink } status:
                await WriteLinkAsync(entry.Path, status, cancellationToken);
                break;
            case { Kind: FileKind.Regular, Links: > 1 } status:
                // Whether all its names are in here is known when all have been seen.
                if (!_linked.TryGetValue(status.Identity, out var paths))
                {
                    _linked[status.Identity] = paths = [];
                }

                paths.Add(entry.Path);
                break;
            case { Kind: FileKind.Regular }:
                await WriteFileAsync(entry.Path, maxLinks: 1, cancellationToken);
                break;
            case { } status:
                Note(entry.Path, $"a {Describe(status.Kind)} is not a file");
                break;
            default:
                Note(entry.Path, "vanished while the result was collected");
                break;
        }
    }

    private async Task WriteLinkAsync(byte[] path, FileStatus status, CancellationToken cancellationToken)
    {
        if (TryReadLink(path) is not { } target)
        {
            Note(path, "changed while the result was collected");
            return;
        }

        if (!StaysInside(path, target))
        {
            Note(path, $"a link that leads out of the directory, to '{EntryNames.Describe(target)}'");
            return;
        }

        _entries++;
        var entry = CreateEntry(Take(path), CompressionLevel.NoCompression, status);
        await using var content = await entry.OpenAsync(cancellationToken);
        await content.WriteAsync(target, cancellationToken);
    }

    private byte[]? TryReadLink(byte[] path)
    {
        try
        {
            return tree.ReadLink(path);
        }
        catch (IOException)
        {
            return null; // noted by the caller
        }
    }

    /// <summary>By the words of the link alone: it must be relative and never climb above the root.</summary>
    private static bool StaysInside(byte[] path, byte[] target)
    {
        var depth = path.Count(b => b == '/');
        if (target.Length == 0 || target[0] == '/' || target.AsSpan().Contains((byte)'\\'))
        {
            return false;
        }

        foreach (var part in target.AsSpan().Split((byte)'/'))
        {
            var name = target.AsSpan()[part];
            depth += name.SequenceEqual(".."u8) ? -1 : name.Length == 0 || name.SequenceEqual("."u8) ? 0 : 1;
            if (depth < 0)
            {
                return false;
            }
        }

        return true;
    }

    private async Task WriteLinkedAsync(CancellationToken cancellationToken)
    {
        foreach (var paths in _linked.Values)
        {
            foreach (var path in paths)
            {
                await WriteFileAsync(path, maxLinks: paths.Count, cancellationToken);
            }
        }
    }

    private async Task WriteFileAsync(byte[] path, int maxLinks, CancellationToken cancellationToken)
    {
        SafeFileHandle handle;
        FileStatus status;
        try
        {
            (handle, status) = tree.OpenFile(path);
        }
        catch (IOException e)
        {
            Note(path, e.Message);
            return;
        }

        using (handle)
        {
            if (status.Links > maxLinks)
            {
                Note(path, "the file has another name, outside of the directory");
            }
            else if (status.Length > limits.Bytes - _bytes)
            {
                Note(path, $"with its {status.Length} bytes the result would be larger than {limits.Bytes} bytes");
            }
            else
            {
                _entries++;
                await CopyAsync(handle, status, Take(path), path, cancellationToken);
            }
        }
    }

    /// <summary>Copies as much as there was when it was opened: a file that grows meanwhile does not go on for ever.</summary>
    private async Task CopyAsync(SafeFileHandle file, FileStatus status, string name, byte[] path, CancellationToken cancellationToken)
    {
        var offset = 0L;
        var read = Read();
        var entry = CreateEntry(name, Compressibility.Choose(_buffer.AsSpan(0, read)), status);
        await using (var content = await entry.OpenAsync(cancellationToken))
        {
            while (read > 0)
            {
                await content.WriteAsync(_buffer.AsMemory(0, read), cancellationToken);
                offset += read;
                read = Read();
            }
        }

        _bytes += offset;
        if (offset < status.Length)
        {
            Note(path, "became shorter while it was read; it ends where it ended");
        }

        int Read() => RandomAccess.Read(file, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, status.Length - offset)), offset);
    }

    private string Take(byte[] path)
    {
        var (name, changed) = _names.Take(path);
        if (changed)
        {
            Note(path, $"stored as '{EntryNames.Describe(Encoding.UTF8.GetBytes(name))}'");
        }

        return name;
    }

    private ZipArchiveEntry CreateEntry(string name, CompressionLevel compression, FileStatus status)
    {
        var entry = archive.CreateEntry(name, compression);
        entry.ExternalAttributes = (status.Mode & (TypeBits | PermissionBits)) << 16;
        entry.LastWriteTime = status.ModifiedAt < EarliestZipTime ? EarliestZipTime : status.ModifiedAt;
        return entry;
    }

    private void Note(byte[] path, string reason)
    {
        if (_notes.Count < MaxNotes)
        {
            _notes.Add($"{EntryNames.Describe(path)}: {reason}");
        }
        else
        {
            _suppressedNotes++;
        }
    }

    private static string Describe(FileKind kind) => kind switch
    {
        FileKind.Fifo => "FIFO",
        FileKind.CharacterDevice or FileKind.BlockDevice => "device",
        FileKind.Socket => "socket",
        _ => "thing of unknown kind",
    };
}
