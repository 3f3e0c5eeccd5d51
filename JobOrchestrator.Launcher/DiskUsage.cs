using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher;

/// <summary>
/// How much a job's directories hold. The job may rearrange them while they are counted, so every directory is opened beneath the root without
/// following any link, and nothing in them is ever opened.
/// </summary>
internal sealed unsafe class DiskUsage
{
    private const long OpenAt2 = 437; // the same number on every architecture
    private const ulong BeneathWithoutLinks = 0x08 | 0x04 | 0x02 | 0x01; // beneath, no symlinks, no magic links, not into another file system
    private const int BufferBytes = 1 << 15;
    private const byte DirectoryType = 4;
    private const uint BlocksAndLinks = 0x400;
    private const int NoFollow = 0x100;

    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly Stack<byte[]> _pending = new();

    /// <summary>Bytes on the disk.</summary>
    public long Bytes { get; private set; }

    /// <summary>Files and directories.</summary>
    public long Entries { get; private set; }

    /// <summary>Counts what is beneath the directories; gives up when there are more than <paramref name="maxEntries"/>.</summary>
    public void Measure(IReadOnlyList<string> directories, long maxEntries)
    {
        (Bytes, Entries) = (0, 0);
        foreach (var directory in directories)
        {
            var root = Native.Open(directory, Native.OCloseOnExec | DirectoryFlag);
            if (root >= 0)
            {
                Count(root, maxEntries);
                _ = Native.Close(root);
            }
        }
    }

    private static int DirectoryFlag => Arm64 ? 0x4000 : 0x10000;

    private void Count(int root, long maxEntries)
    {
        _pending.Clear();
        _pending.Push([(byte)'.', 0]);
        while (_pending.TryPop(out var path) && Entries <= maxEntries)
        {
            var directory = OpenBeneath(root, path, maxEntries);
            if (directory >= 0)
            {
                CountOne(directory, path, maxEntries);
                _ = Native.Close(directory);
            }
        }
    }

    private int OpenBeneath(int root, byte[] path, long maxEntries)
    {
        var directory = OpenBeneath(root, path, DirectoryFlag);
        if (directory >= 0)
        {
            return directory;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error == Native.NameTooLong)
        {
            // Nobody nests this deep by accident; what is beneath could not be counted.
            Entries = maxEntries + 1;
        }
        else if (error == Native.AccessDenied && OpenBeneath(root, path, DirectoryFlag | Native.OPathOnly) is >= 0 and var locked)
        {
            // A directory that hides its contents, which is the job's right, but not from its limits.
            _ = Native.ChangeMode($"/proc/self/fd/{locked}", 0b111_000_000);
            _ = Native.Close(locked);
            directory = OpenBeneath(root, path, DirectoryFlag);
        }

        return directory;
    }

    private static int OpenBeneath(int root, byte[] path, int flags)
    {
        var how = stackalloc ulong[3] { (ulong)(flags | Native.OCloseOnExec), 0, BeneathWithoutLinks };
        fixed (byte* name = path)
        {
            return (int)Native.SysCall(OpenAt2, root, (nint)name, (nint)how, 3 * sizeof(ulong), 0);
        }
    }

    private void CountOne(int directory, byte[] path, long maxEntries)
    {
        fixed (byte* buffer = _buffer)
        {
            long length;
            while (Entries <= maxEntries
                && (length = Native.SysCall(Arm64 ? 61 : 217, directory, (nint)buffer, BufferBytes, 0, 0)) > 0) // getdents64
            {
                for (var offset = 0; offset < length;)
                {
                    var size = BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(offset + 16));
                    var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + offset + 19);
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    {
                        Entries++;
                        Bytes += BlocksOf(directory, buffer + offset + 19) * 512;
                        if (_buffer[offset + 18] == DirectoryType)
                        {
                            _pending.Push([.. path.AsSpan(0, path.Length - 1), (byte)'/', .. name, 0]);
                        }
                    }

                    offset += size;
                }
            }
        }
    }

    private static long BlocksOf(int directory, byte* name)
    {
        var status = stackalloc ulong[32]; // struct statx, 256 bytes
        return Native.StatX(directory, name, NoFollow, BlocksAndLinks, status) == 0 ? (long)status[6] : 0; // stx_blocks
    }
}
