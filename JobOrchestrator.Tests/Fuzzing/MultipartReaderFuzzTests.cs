using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace JobOrchestrator.Tests.Fuzzing;

/// <summary>
/// Whatever comes, the multipart reader gives parts or a <see cref="MultipartException"/>, ends, keeps nothing, and lets no name lead out of its
/// directory. A failure names the case; <c>new MultipartFuzz(case).Next()</c> makes it again.
/// </summary>
[Collection(Alone.Name)]
public sealed class MultipartReaderFuzzTests
{
    private const string Root = "/data/staging/key";

    [Fact]
    public Task Some_thousand_cases() => RunAsync(3_000);

    [Fact]
    [Trait("Category", "Slow")]
    public Task A_hundred_thousand_cases() => RunAsync(100_000);

    private static async Task RunAsync(int cases)
    {
        var first = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"cases {first} to {first + cases - 1L}");
        var (parts, refused) = (0, 0);
        var before = 0L;
        for (var i = 0; i < cases; i++)
        {
            if (i == cases / 10)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }

            var seed = unchecked(first + i);
            try
            {
                parts += await ReadAsync(seed);
            }
            catch (MultipartException e)
            {
                Assert.False(string.IsNullOrWhiteSpace(e.Message));
                refused++;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Assert.Fail($"Case {seed}: {e}");
            }
        }

        // Both kinds are many, or these cases find nothing.
        Assert.InRange(parts, cases / 4, int.MaxValue);
        Assert.InRange(refused, cases / 10, cases * 9 / 10);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 << 20);
    }

    private static async Task<int> ReadAsync(int seed)
    {
        var fuzz = new MultipartFuzz(seed);
        var (contentType, body) = fuzz.Next();
        var request = new DefaultHttpContext().Request;
        request.ContentType = contentType;
        request.Body = new DribblingStream(body, fuzz.Random);
        var reader = MultipartParts.Open(request);
        var (count, buffer) = (0, new byte[4096]);
        while (await reader.ReadNextAsync(TestContext.Current.CancellationToken) is { } part)
        {
            count++;
            if (part.FileName is null)
            {
                await MultipartParts.GuardAsync(() => part.ReadTextAsync(4096, TestContext.Current.CancellationToken));
                continue;
            }

            if (SafeFileName.TryGetBaseName(part.FileName, out var name, out _))
            {
                AssertStays(seed, name, name);
                Assert.Equal(Root, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(Root, name))));
            }

            if (SafeFileName.TryGetRelativePath(part.FileName, out var relative, out _))
            {
                AssertStays(seed, relative, relative);
            }

            if (fuzz.Random.Next(4) > 0)
            {
                await MultipartParts.GuardAsync(async () =>
                {
                    while (await part.Body.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
                    {
                        // Pass it by.
                    }

                    return true;
                });
            }
        }

        return count;
    }

    private static void AssertStays(int seed, string name, string path) => Assert.True(
        Path.GetFullPath(Path.Combine(Root, path)).StartsWith(Root + "/", StringComparison.Ordinal) && !name.Contains('\0'), $"Case {seed}: '{name}'");

    /// <summary>Gives its bytes in pieces of any size, as a network does.</summary>
    private sealed class DribblingStream(byte[] bytes, Random random) : MemoryStream(bytes, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 1 + random.Next(random.Next(8) == 0 ? 3 : 8000))], cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
