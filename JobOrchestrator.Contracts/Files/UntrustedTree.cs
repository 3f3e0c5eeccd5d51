using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// A directory whose owner may be hostile, and may rearrange it at any moment. Everything is opened relative to the root, beneath it and without following any
/// link, by the kernel's own rule (<c>openat2</c>); what is not a regular file is never opened; and no name is taken for text.
/// </summary>
internal sealed unsafe partial class UntrustedTree : IDisposable
{
    private const long OpenAt2Call = 437; // the same number on every architecture
    private const long Beneath = 0x08 | 0x04 | 0x02 | 0x01; // RESOLVE_BENEATH, _NO_SYMLINKS, _NO_MAGICLINKS, _NO_XDEV
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int SymlinkNoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStatus = 0x7ff;
    private const int ListBytes = 1 << 16;
    private const int LongestLink = 4096;
    private const int CrossesBorder = 18; // EXDEV
    private const int IsLink = 40; // ELOOP

    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int DirectoryOnly = Arm64 ? 0x4000 : 0x10000;
    private static readonly long ListCall = Arm64 ? 61 : 217; // getdents64

    private readonly SafeFileHandle _root;

    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public UntrustedTree(string root)
    {
        var descriptor = Open(root, DirectoryOnly | CloseOnExec);
        if (descriptor < 0)
        {
            throw new DirectoryNotFoundException($"Cannot open directory '{root}': {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _root = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public void Dispose() => _root.Dispose();

    /// <summary>What is in one directory, sorted by name.</summary>
    /// <param name="path">Relative; empty for the root.</param>
    /// <param name="limit">Stops after so many.</param>
    /// <exception cref="IOException">It is no directory any more, or may not be read.</exception>
    public List<TreeEntry> List(byte[] path, int limit)
    {
        using var directory = OpenBeneath(path.Length == 0 ? "."u8 : path, DirectoryOnly);
        var descriptor = (int)directory.DangerousGetHandle();
        var names = new List<byte[]>();
        var buffer = new byte[ListBytes];
        fixed (byte* start = buffer)
        {
            long length;
            while (names.Count < limit && (length = SystemCall(ListCall, descriptor, (nint)start, ListBytes, 0)) > 0)
            {
                for (var offset = 0; offset < length; offset += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(offset + 16)))
                {
                    var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(start + offset + 19);
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    {
                        names.Add(name.ToArray());
                    }
                }
            }
        }

        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return [.. names.Take(limit).Select(name => new TreeEntry(Join(path, name), StatusOf(descriptor, name)))];
    }

    /// <summary>Opens a regular file for reading.</summary>
    /// <exception cref="IOException">It may not be read, or is no regular file of this tree any more.</exception>
    public (SafeFileHandle Handle, FileStatus Status) OpenFile(byte[] path)
    {
        // Does not wait for the other end, should it be a FIFO by now.
        var handle = OpenBeneath(path, NonBlocking);
        if (StatusOf((int)handle.DangerousGetHandle(), [], EmptyPath) is { Kind: FileKind.Regular } status)
        {
            return (handle, status);
        }

        handle.Dispose();
        throw new IOException("changed while the result was collected");
    }

    /// <summary>Where a link leads, as its bytes; null when it is none any more.</summary>
    public byte[]? ReadLink(byte[] path)
    {
        var slash = path.AsSpan().LastIndexOf((byte)'/');
        var buffer = stackalloc byte[LongestLink];
        using var parent = OpenBeneath(slash < 0 ? "."u8 : path.AsSpan(0, slash), DirectoryOnly);
        fixed (byte* name = Terminated(path.AsSpan(slash + 1)))
        {
            var length = ReadLinkAt((int)parent.DangerousGetHandle(), name, buffer, LongestLink);
            return length is < 0 or >= LongestLink ? null : new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        }
    }

    private static byte[] Join(byte[] directory, byte[] name) => directory.Length == 0 ? name : [.. directory, (byte)'/', .. name];

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private static FileStatus? StatusOf(int directory, byte[] name, int flags = SymlinkNoFollow)
    {
        fixed (byte* terminated = Terminated(name))
        {
            return StatX(directory, terminated, flags, BasicStatus, out var raw) == 0 ? raw.ToStatus() : null;
        }
    }

    private SafeFileHandle OpenBeneath(ReadOnlySpan<byte> path, int flags)
    {
        var how = stackalloc long[3] { flags | CloseOnExec, 0, Beneath };
        fixed (byte* name = Terminated(path))
        {
            var descriptor = SystemCall(OpenAt2Call, (int)_root.DangerousGetHandle(), (nint)name, (nint)how, 3 * sizeof(long));
            if (descriptor >= 0)
            {
                return new SafeFileHandle((nint)descriptor, ownsHandle: true);
            }
        }

        throw new IOException(Marshal.GetLastPInvokeError() switch
        {
            CrossesBorder => "lies outside of the directory",
            IsLink => "changed while the result was collected",
            _ => Marshal.GetLastPInvokeErrorMessage(),
        });
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, int descriptor, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(int directory, byte* path, int flags, uint mask, out FileStatus.Raw status);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint ReadLinkAt(int directory, byte* path, byte* buffer, nint size);
}
