using System.Globalization;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Tests.Support;

/// <summary>A file system of its own in memory, small enough to be filled; or one that is read-only. Tests skip where mounting is not permitted.</summary>
internal sealed partial class SmallDisk : IDisposable
{
    private const ulong ReadOnly = 1;       // MS_RDONLY
    private const ulong Remount = 32;       // MS_REMOUNT
    private const ulong Bind = 4096;        // MS_BIND
    private const int Detach = 2;           // MNT_DETACH

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>Mounts an empty one over an existing directory.</summary>
    public static SmallDisk Mount(string path, int mebibytes)
    {
        if (MountFileSystem("tmpfs", path, "tmpfs", 0, string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m")) != 0)
        {
            Assert.Skip($"Mounting a tmpfs is not permitted here ({Marshal.GetLastPInvokeErrorMessage()}); it needs root, or CAP_SYS_ADMIN.");
        }

        return new SmallDisk(path);
    }

    /// <summary>Makes a directory, with what is in it, read-only until the end.</summary>
    public static SmallDisk MountReadOnly(string path)
    {
        if (MountFileSystem(path, path, "none", Bind, null) != 0)
        {
            Assert.Skip($"A bind mount is not permitted here ({Marshal.GetLastPInvokeErrorMessage()}); it needs root, or CAP_SYS_ADMIN.");
        }

        var disk = new SmallDisk(path);
        if (MountFileSystem("none", path, "none", Bind | Remount | ReadOnly, null) != 0)
        {
            var problem = Marshal.GetLastPInvokeErrorMessage();
            disk.Dispose();
            Assert.Skip($"Mounting read-only is not permitted here ({problem}); it needs root, or CAP_SYS_ADMIN.");
        }

        return disk;
    }

    /// <summary>Fills it to the last byte but so many.</summary>
    public void Fill(long leave = 0)
    {
        using (var file = File.OpenHandle(Ballast, FileMode.Append, FileAccess.Write))
        {
            var block = new byte[4096];
            var offset = RandomAccess.GetLength(file);
            try
            {
                while (true)
                {
                    RandomAccess.Write(file, block, offset);
                    offset += block.Length;
                }
            }
            catch (IOException)
            {
                RandomAccess.SetLength(file, Math.Max(0, offset - leave)); // full
            }
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Ballast);

    public void Dispose() => _ = Unmount(Path, Detach);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MountFileSystem(string source, string target, string type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
