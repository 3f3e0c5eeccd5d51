using System.Security.Cryptography;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Contracts;

/// <summary>What large files come in by: the web server's blocks, and the file they are written to.</summary>
public sealed class LargeBlockPoolTests
{
    [Fact]
    public void Blocks_are_large_used_again_and_never_given_out_twice()
    {
        using var pool = new LargeBlockPool();
        var first = pool.Rent();
        var second = pool.Rent(4096);
        Assert.Equal((LargeBlockPool.BlockBytes, LargeBlockPool.BlockBytes), (first.Memory.Length, second.Memory.Length));
        Assert.False(first.Memory.Span.Overlaps(second.Memory.Span));
        first.Memory.Span.Fill(7);
        first.Dispose();
        first.Dispose(); // as often as one likes: the block was given back once
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        using var third = pool.Rent();
        using var fourth = pool.Rent();
        Assert.Equal(7, third.Memory.Span[0]);
        Assert.False(third.Memory.Span.Overlaps(fourth.Memory.Span));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(LargeBlockPool.BlockBytes + 1));
    }

    [Fact]
    public async Task A_file_larger_than_what_is_written_behind_arrives_whole()
    {
        using var directory = new TemporaryDirectory();
        var content = RandomNumberGenerator.GetBytes((20 << 20) + 12_345);
        var path = Path.Combine(directory.Path, "large");
        Assert.Equal(content.Length, await DurableFile.WriteAsync(path, new MemoryStream(content), TestContext.Current.CancellationToken));
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)));
    }
}
