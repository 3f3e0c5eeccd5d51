using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// What the operating system says of a path without following it or opening it: .NET cannot tell a FIFO from a file, and opening a
/// FIFO blocks for ever. By <c>statx(2)</c>, whose layout is the same on every architecture.
/// </summary>
/// <param name="Mode">Type and permission bits as in <c>st_mode</c>.</param>
/// <param name="ModifiedAt">Time of the last change of the content.</param>
internal readonly partial record struct FileStatus(int Mode, DateTimeOffset ModifiedAt)
{
    public FileKind Kind => (Mode & 0xF000) switch
    {
        0x1000 => FileKind.Fifo,
        0x2000 => FileKind.CharacterDevice,
        0x4000 => FileKind.Directory,
        0x6000 => FileKind.BlockDevice,
        0x8000 => FileKind.Regular,
        0xA000 => FileKind.SymbolicLink,
        0xC000 => FileKind.Socket,
        _ => FileKind.Other,
    };

    public static bool TryGet(string path, out FileStatus status)
    {
        const int currentDirectory = -100; // AT_FDCWD
        const int noFollow = 0x100;        // AT_SYMLINK_NOFOLLOW
        const uint basicStats = 0x7ff;     // STATX_BASIC_STATS
        var ok = StatX(currentDirectory, path, noFollow, basicStats, out var raw) == 0;
        status = ok ? new FileStatus(raw.Mode, DateTimeOffset.FromUnixTimeSeconds(raw.ModifiedSeconds)) : default;
        return ok;
    }

    /// <summary>The same of an open file.</summary>
    public static bool TryGet(int descriptor, out FileStatus status)
    {
        const int emptyPath = 0x1000; // AT_EMPTY_PATH
        const uint basicStats = 0x7ff;
        var ok = StatX(descriptor, "", emptyPath, basicStats, out var raw) == 0;
        status = ok ? new FileStatus(raw.Mode, DateTimeOffset.FromUnixTimeSeconds(raw.ModifiedSeconds)) : default;
        return ok;
    }

    /// <summary>Opens a regular file for reading; refuses a link, and does not wait on a FIFO put there meanwhile.</summary>
    /// <exception cref="IOException">It cannot be opened, or is no regular file any more.</exception>
    public static SafeFileHandle OpenWithoutFollowing(string path)
    {
        var noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
        const int nonBlockingCloseOnExec = 0x800 | 0x80000;
        var descriptor = Open(path, noFollow | nonBlockingCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (TryGet(path, out var status) && status.Kind == FileKind.Regular)
        {
            return handle;
        }

        handle.Dispose();
        throw new IOException("changed while the result was collected");
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatXBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(112)]
        public long ModifiedSeconds;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out StatXBuffer status);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
