using System.Buffers;
using System.IO.Compression;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// Compressing what does not compress (archives, images, trajectories) costs ten times the copy and gains nothing: a sample from
/// the file's beginning decides.
/// </summary>
internal static class Compressibility
{
    private const int SampleBytes = 1 << 16;

    public static CompressionLevel Choose(ReadOnlySpan<byte> beginning)
    {
        var sample = beginning[..Math.Min(beginning.Length, SampleBytes)];
        if (sample.Length == 0)
        {
            return CompressionLevel.NoCompression;
        }

        var compressed = ArrayPool<byte>.Shared.Rent(sample.Length);
        try
        {
            // BrotliEncoder at its fastest is the framework's only one-shot compressor; it judges compressibility as well as Deflate.
            var room = compressed.AsSpan(0, sample.Length - (sample.Length / 16));
            return BrotliEncoder.TryCompress(sample, room, out _, quality: 0, window: 16)
                ? CompressionLevel.Fastest
                : CompressionLevel.NoCompression;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }
}
