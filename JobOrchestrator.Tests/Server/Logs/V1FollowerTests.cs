using System.Security.Cryptography;
using System.Text;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Logs;

/// <summary>Many readers of one job's output.</summary>
public sealed class V1FollowerTests(ITestOutputHelper output)
{
    private const int Followers = 200;
    private const int Lines = 6000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Two_hundred_followers_get_every_line_and_cost_less_than_64_MiB()
    {
        await using var system = await TestSystem.StartAsync();
        var job = await system.Http.SubmitV1Async(Form.Job(
            $"until [ -e '{system.Directory}/go' ]; do sleep 0.01; done; i=0; while [ $i -lt {Lines} ]; do i=$((i+1)); echo \"line $i {new string('x', 80)}\"; [ $((i % 100)) = 0 ] && sleep 0.01; done; until [ -e '{system.Directory}/stop' ]; do sleep 0.01; done"));
        await system.Http.JobUntilAsync(job.Id, j => j.State == JobStatus.Running);
        var expected = string.Concat(Enumerable.Range(1, Lines).Select(i => $"line {i} {new string('x', 80)}\n"));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        // Readers' own cost counts too: they are in this process.
        using var arrived = new CountdownEvent(Followers);
        var followers = Enumerable.Range(0, Followers).Select(_ => FollowAsync(system, job.Id, expected.Length, arrived)).ToArray();
        await File.WriteAllTextAsync(Path.Combine(system.Directory, "go"), "", Cancellation);
        await Task.Run(() => arrived.Wait(Cancellation), Cancellation);
        var cost = GC.GetTotalMemory(forceFullCollection: true) - before;
        await File.WriteAllTextAsync(Path.Combine(system.Directory, "stop"), "", Cancellation);

        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(expected));
        foreach (var follower in followers)
        {
            Assert.Equal(hash, await follower);
        }

        output.WriteLine($"{Followers} followers of {expected.Length >> 10} KiB: {cost >> 20} MiB");
        Assert.True(cost < 64 << 20, $"{cost} bytes");
    }

    private static async Task<byte[]> FollowAsync(TestSystem system, int id, int length, CountdownEvent arrived)
    {
        using var answer = await system.Http.GetAsync($"/api/v1/jobs/{id}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[4096];
        var total = 0;
        for (int read; (read = await body.ReadAsync(buffer, Cancellation)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            if ((total += read) == length)
            {
                arrived.Signal();
            }
        }

        return hash.GetHashAndReset();
    }
}
