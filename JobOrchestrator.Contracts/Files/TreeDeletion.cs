using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// Deletes a directory whatever its owner did to it: names that are no text, nesting deeper than any path, directories that nobody may look into. Nothing is
/// followed. A directory that is not empty gives its subdirectories to the root, until all are empty: no recursion, and no path of more than one name.
/// </summary>
public static unsafe partial class TreeDeletion
{
    private const int CloseOnExec = 0x80000;
    private const int RemoveDirectory = 0x200; // AT_REMOVEDIR
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint OwnerOnly = 0b111_000_000;
    private const int ListBytes = 1 << 16;
    private const int NoEntry = 2; // ENOENT

    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int DirectoryWithoutLinks = Arm64 ? 0x4000 | 0x8000 : 0x10000 | 0x20000; // O_DIRECTORY | O_NOFOLLOW
    private static readonly long ListCall = Arm64 ? 61 : 217; // getdents64

    /// <summary>Deletes the directory and all in it; harmless when there is none.</summary>
    /// <exception cref="IOException">Something cannot be deleted.</exception>
    public static void Delete(string directory)
    {
        fixed (byte* path = Terminated(directory))
        {
            var root = OpenAt(CurrentDirectory, path, DirectoryWithoutLinks | CloseOnExec, 0);
            if (root < 0 && Marshal.GetLastPInvokeError() == NoEntry)
            {
                return;
            }

            if (root < 0)
            {
                _ = ChangeModeAt(CurrentDirectory, path, OwnerOnly, 0);
                root = OpenAt(CurrentDirectory, path, DirectoryWithoutLinks | CloseOnExec, 0);
            }

            using (var handle = new SafeFileHandle(root, ownsHandle: true))
            {
                if (handle.IsInvalid)
                {
                    throw Failure(directory);
                }

                _ = ChangeModeAt(CurrentDirectory, path, OwnerOnly, 0);
                Empty(root, directory);
            }

            if (UnlinkAt(CurrentDirectory, path, RemoveDirectory) != 0 && Marshal.GetLastPInvokeError() != NoEntry)
            {
                throw Failure(directory);
            }
        }
    }

    private static void Empty(int root, string directory)
    {
        var moved = 0L;
        List<byte[]> names;
        while ((names = List(root)).Count > 0)
        {
            var gone = 0;
            foreach (var name in names)
            {
                gone += DeleteEntry(root, name, ref moved) ? 1 : 0;
            }

            if (gone == 0)
            {
                throw Failure(directory);
            }
        }
    }

    /// <summary>Deletes one entry of the root; what is in it, if it is a directory, is in the root afterwards, or gone.</summary>
    private static bool DeleteEntry(int root, byte[] name, ref long moved)
    {
        fixed (byte* entry = name)
        {
            if (UnlinkAt(root, entry, 0) == 0 || UnlinkAt(root, entry, RemoveDirectory) == 0)
            {
                return true;
            }

            _ = ChangeModeAt(root, entry, OwnerOnly, 0);
            using var handle = new SafeFileHandle(OpenAt(root, entry, DirectoryWithoutLinks | CloseOnExec, 0), ownsHandle: true);
            if (handle.IsInvalid)
            {
                return false;
            }

            var inner = (int)handle.DangerousGetHandle();
            foreach (var child in List(inner))
            {
                fixed (byte* inside = child)
                {
                    if (UnlinkAt(inner, inside, 0) != 0)
                    {
                        _ = ChangeModeAt(inner, inside, OwnerOnly, 0); // only the owner of a directory may move it
                        MoveToRoot(inner, inside, root, ref moved);
                    }
                }
            }

            return UnlinkAt(root, entry, RemoveDirectory) == 0;
        }
    }

    private static void MoveToRoot(int inner, byte* name, int root, ref long moved)
    {
        fixed (byte* target = Terminated($".deleting-{Environment.ProcessId}-{moved++}"))
        {
            _ = RenameAt(inner, name, root, target); // what stays is found by the next pass
        }
    }

    /// <summary>Names in a directory, each with its end mark.</summary>
    private static List<byte[]> List(int directory)
    {
        var names = new List<byte[]>();
        var buffer = new byte[ListBytes];
        _ = Seek(directory, 0, 0);
        fixed (byte* start = buffer)
        {
            long length;
            while ((length = SystemCall(ListCall, directory, start, ListBytes)) > 0)
            {
                for (var offset = 0; offset < length; offset += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(offset + 16)))
                {
                    var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(start + offset + 19);
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    {
                        names.Add([.. name, 0]);
                    }
                }
            }
        }

        return names;
    }

    private static byte[] Terminated(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static IOException Failure(string directory) => new($"Cannot delete '{directory}': {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, int descriptor, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAt(int directory, byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int ChangeModeAt(int directory, byte* path, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    private static partial int RenameAt(int fromDirectory, byte* from, int toDirectory, byte* to);
}
