using System.Buffers;
using System.Security.Cryptography;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Backup;

/// <summary>Copies that are known to be good.</summary>
internal static class VerifiedCopy
{
    private const int BufferBytes = 1 << 20;

    /// <summary>
    /// Copies a file with its time, flushes it to the disk, reads it back and compares. A copy that was cut off is never seen under its name.
    /// </summary>
    /// <returns>The SHA-256 sum, in lower-case hexadecimal digits.</returns>
    /// <exception cref="BackupException">What was written is not what was read.</exception>
    public static async Task<string> CopyAsync(string source, string target, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var part = target + ".part";
        File.Delete(part);
        var modified = File.GetLastWriteTimeUtc(source);
        string sum;
        await using (var input = Open(source))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var output = File.OpenHandle(part, FileMode.CreateNew, FileAccess.Write);
            await ReadAllAsync(input, (bytes, offset) =>
            {
                hash.AppendData(bytes);
                RandomAccess.Write(output, bytes, offset);
            }, cancellationToken);
            RandomAccess.FlushToDisk(output);
            sum = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        if (await HashAsync(part, cancellationToken) is var written && written != sum)
        {
            throw new BackupException($"{target} reads back otherwise than it was written ({written} for {sum}); its disk is not to be trusted.");
        }

        File.SetLastWriteTimeUtc(part, modified);
        File.Move(part, target, overwrite: true);
        DurableFile.FlushDirectory(Path.GetDirectoryName(target)!);
        return sum;
    }

    /// <summary>SHA-256 sum of a file, in lower-case hexadecimal digits.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var input = Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ReadAllAsync(input, (bytes, _) => hash.AppendData(bytes), cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);

    private static async Task ReadAllAsync(FileStream input, Action<ReadOnlySpan<byte>, long> take, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(input.Length, 1, BufferBytes));
        try
        {
            var offset = 0L;
            int read;
            while ((read = await input.ReadAsync(buffer, cancellationToken)) > 0)
            {
                take(buffer.AsSpan(0, read), offset);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
