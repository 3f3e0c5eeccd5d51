using System.IO.Enumeration;
using System.Runtime.InteropServices;
using JobOrchestrator.Contracts.V1;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>What is in a directory that somebody else writes to at the same time, and may try to lead us out of.</summary>
public static partial class DirectoryListing
{
    /// <summary>Regular files and links below the directory, at most <paramref name="limit"/>, in the order of their paths. What vanishes meanwhile is left out.</summary>
    public static IReadOnlyList<FileRecord> List(string directory, int limit)
    {
        var files = new FileSystemEnumerable<FileRecord?>(
            directory,
            (ref FileSystemEntry entry) => ToRecord(directory, entry.ToFileSystemInfo()),
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true, RecurseSubdirectories = true })
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory || IsLink(ref entry),
            ShouldRecursePredicate = static (ref FileSystemEntry entry) => !IsLink(ref entry),
        }.OfType<FileRecord>().Take(limit).ToList();
        files.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    /// <summary>Opens a regular file below the directory without following any link on the way; null when there is none.</summary>
    /// <param name="directory">Itself trusted.</param>
    /// <param name="relative">Checked by <see cref="SafeFileName.TryGetRelativePath"/>.</param>
    public static SafeFileHandle? TryOpen(string directory, string relative)
    {
        var current = Open(directory, DirectoryFlags);
        foreach (var name in relative.Split('/').SkipLast(1))
        {
            if (current < 0)
            {
                return null;
            }

            var next = OpenAt(current, name, DirectoryFlags);
            _ = Close(current);
            current = next;
        }

        if (current < 0)
        {
            return null;
        }

        const int nonBlockingCloseOnExec = 0x800 | 0x80000; // a FIFO must not hold us
        var file = OpenAt(current, relative[(relative.LastIndexOf('/') + 1)..], NoFollow | nonBlockingCloseOnExec);
        _ = Close(current);
        if (file < 0)
        {
            return null;
        }

        var handle = new SafeFileHandle(file, ownsHandle: true);
        if (FileStatus.TryGet(file, out var status) && status.Kind == FileKind.Regular)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private static FileRecord? ToRecord(string root, FileSystemInfo entry)
    {
        if (!FileStatus.TryGet(entry.FullName, out var status) || status.Kind is not (FileKind.Regular or FileKind.SymbolicLink))
        {
            return null;
        }

        try
        {
            return new FileRecord
            {
                Path = Path.GetRelativePath(root, entry.FullName),
                Size = entry is FileInfo file && status.Kind == FileKind.Regular ? file.Length : 0,
                ModifiedAt = status.ModifiedAt,
                Link = status.Kind == FileKind.SymbolicLink,
            };
        }
        catch (FileNotFoundException)
        {
            return null; // gone between the two looks
        }
    }

    /// <summary>O_NOFOLLOW.</summary>
    private static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>O_NOFOLLOW, O_CLOEXEC and O_DIRECTORY.</summary>
    private static int DirectoryFlags =>
        NoFollow | 0x80000 | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
