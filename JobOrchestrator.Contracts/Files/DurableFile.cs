using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Contracts.Files;

/// <summary>Writing that survives a power cut: data and directory entries are flushed to the disk before a call returns.</summary>
public static partial class DurableFile
{
    private const int CopyBufferBytes = 1 << 20;
    private const int WriteBehindBytes = 8 << 20;
    private const uint SyncFileRangeWrite = 2;
    private const int SmallBufferBytes = 1 << 14;

    /// <summary>Streams <paramref name="source"/> into a new file and fsyncs it. Memory use does not depend on the length.</summary>
    /// <returns>Bytes written.</returns>
    /// <exception cref="IOException">The file exists, or the disk is full.</exception>
    public static async Task<long> WriteAsync(string path, Stream source, CancellationToken cancellationToken)
    {
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None);
        // Most inputs are a few kilobytes; only what turns out to be large is given a large buffer.
        var buffer = ArrayPool<byte>.Shared.Rent(SmallBufferBytes);
        try
        {
            var (offset, flushed) = (0L, 0L);
            int read;
            while ((read = await ReadFullAsync(source, buffer, cancellationToken)) > 0)
            {
                RandomAccess.Write(handle, buffer.AsSpan(0, read), offset);
                offset += read;
                if (offset - flushed >= WriteBehindBytes)
                {
                    // The disk begins now, not when all is there. A hint only: the flush at the end is what counts.
                    _ = SyncFileRange(handle, flushed, offset - flushed, SyncFileRangeWrite);
                    flushed = offset;
                }

                if (read == buffer.Length && buffer.Length < CopyBufferBytes)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
                }
            }

            RandomAccess.FlushToDisk(handle);
            return offset;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes <paramref name="content"/> into a new file and fsyncs it.</summary>
    /// <exception cref="IOException">The file exists, or the disk is full.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(handle, content, 0);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Replaces <paramref name="path"/> by <paramref name="content"/> so that a reader, or a crash, sees the old or the new whole.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(handle, content, 0);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(temporary, path, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Fsyncs a directory, making creations, renames and removals in it durable.</summary>
    public static void FlushDirectory(string path)
    {
        using var handle = OpenDirectory(path);
        if (FSync(handle) != 0)
        {
            throw new IOException($"Cannot flush directory '{path}': {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
        }
    }

    private static async ValueTask<int> ReadFullAsync(Stream source, byte[] buffer, CancellationToken cancellationToken) =>
        await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);

    private static SafeFileHandle OpenDirectory(string path)
    {
        const int readOnlyDirectoryCloseOnExec = 0x90000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC on x86-64; arm64 differs, see below
        const int readOnlyDirectoryCloseOnExecArm64 = 0x84000;
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? readOnlyDirectoryCloseOnExecArm64
            : readOnlyDirectoryCloseOnExec;
        var descriptor = Open(path, flags);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"Cannot open directory '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle handle, long offset, long count, uint flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);

    /// <summary>Opens a file to read it; null when it is not there (any more).</summary>
    public static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
