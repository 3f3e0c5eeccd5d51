using System.Runtime.InteropServices;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// What the operating system says of a directory entry without following it or opening it: .NET cannot tell a FIFO from a file, and opening
/// a FIFO blocks for ever. By <c>statx(2)</c>, whose layout is the same on every architecture.
/// </summary>
/// <param name="Mode">Type and permission bits as in <c>st_mode</c>.</param>
/// <param name="Length">Length of a file, bytes.</param>
/// <param name="ModifiedAt">Time of the last change of the content.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="Identity">The same for two names of the same file, and only for those.</param>
internal readonly partial record struct FileStatus(int Mode, long Length, DateTimeOffset ModifiedAt, uint Links, (ulong Device, ulong Inode) Identity)
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

    /// <summary>Of a path, without following a link at its end.</summary>
    public static bool TryGet(string path, out FileStatus status)
    {
        const int currentDirectory = -100; // AT_FDCWD
        const int noFollow = 0x100;        // AT_SYMLINK_NOFOLLOW
        return TryGet(currentDirectory, path, noFollow, out status);
    }

    /// <summary>The same of an open file.</summary>
    public static bool TryGet(int descriptor, out FileStatus status)
    {
        const int emptyPath = 0x1000; // AT_EMPTY_PATH
        return TryGet(descriptor, "", emptyPath, out status);
    }

    private static bool TryGet(int directory, string path, int flags, out FileStatus status)
    {
        const uint basicStats = 0x7ff; // STATX_BASIC_STATS
        var ok = StatX(directory, path, flags, basicStats, out var raw) == 0;
        status = ok ? raw.ToStatus() : default;
        return ok;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out Raw status);

    /// <summary>The part of <c>struct statx</c> that is used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct Raw
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public long Length;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(136)]
        public ulong Device; // major and minor number

        public readonly FileStatus ToStatus() => new(
            Mode, Length, DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(ModifiedSeconds, 0, 4_102_444_800)), Links, (Device, Inode));
    }
}
