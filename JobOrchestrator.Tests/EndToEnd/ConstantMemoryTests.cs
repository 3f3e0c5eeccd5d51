using System.Net;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Nothing of the size of a user's file is held in memory, and what waits costs nothing; numbers in names are those of the list of classic defects.</summary>
[Trait("Category", "Slow")]
public sealed class ConstantMemoryTests
{
    private const long MiB = 1 << 20;

    /// <summary>By how much resident memory may rise, in MiB.</summary>
    private const double Limit = 64;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Defect_1_an_upload_of_400_mib_and_a_result_of_300_mib_do_not_show_in_the_memory_of_server_and_client()
    {
        await using var system = await RealSystem.StartAsync();
        await WarmUpAsync(system);

        var server = RealSystem.ResetPeak(system.Server);
        const string Refuse = "exit 1";
        var id = await UploadAsync(system, Refuse, (400 * MiB) - LargeUpload.Overhead(Refuse));
        Assert.InRange(RealSystem.Peak(system.Server) - server, 0, Limit);

        server = RealSystem.ResetPeak(system.Server);
        var client = RealSystem.ResetPeak(system.Client);
        Assert.Equal(ClassicStatus.Failed, (await system.Http.EndAsync(id)).Status); // it went to the client, and its files came back

        id = await UploadAsync(system, "head -c 314572800 /dev/urandom > result.bin; rm large.bin", 1);
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        Assert.InRange(await DownloadAsync(system, id), 300 * MiB, 302 * MiB);
        Assert.InRange(RealSystem.Peak(system.Server) - server, 0, Limit);
        Assert.InRange(RealSystem.Peak(system.Client) - client, 0, Limit);
    }

    [Fact]
    public async Task Defect_26_twenty_downloads_of_100_mib_at_once_do_not_show_in_the_memory_of_the_server()
    {
        await using var system = await RealSystem.StartAsync();
        await WarmUpAsync(system);
        var id = await UploadAsync(system, "true", 100 * MiB);
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        var server = RealSystem.ResetPeak(system.Server);
        var lengths = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DownloadAsync(system, id)));
        Assert.All(lengths, length => Assert.Equal(lengths[0], length));
        Assert.InRange(lengths[0], 100 * MiB, 102 * MiB); // and it does not contain itself
        Assert.InRange(RealSystem.Peak(system.Server) - server, 0, Limit);
    }

    [Fact]
    public async Task Defect_28_two_hundred_running_jobs_that_do_nothing_cost_next_to_nothing()
    {
        const int Jobs = 200;
        var begun = TimeProvider.System.GetTimestamp();
        await using var system = await RealSystem.StartAsync(
            new() { ["SERVICE_EXAMPLE_MAX_RUNS"] = $"{Jobs}", ["SERVICE_EXAMPLE_RUNS_PER_USER"] = $"{Jobs}" },
            new() { ["SLOTS"] = $"{Jobs}", ["KILL_GRACE"] = "1" });
        var ids = new List<int>();
        for (var i = 0; i < Jobs; i++)
        {
            ids.Add(await system.Http.SubmitAsync(Form.Job("exec sleep 1000")));
        }

        foreach (var id in ids)
        {
            await system.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        }

        // The just-in-time compiler works on for a while after so much at once; what counts is what it comes to.
        double share;
        do
        {
            var before = RealSystem.CpuTime(system.Server) + RealSystem.CpuTime(system.Client);
            var started = TimeProvider.System.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, Cancellation); // a stretch of time to measure over
            var used = RealSystem.CpuTime(system.Server) + RealSystem.CpuTime(system.Client) - before;
            share = used / TimeProvider.System.GetElapsedTime(started);
        }
        while (share > 0.15 && TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromMinutes(2));

        Assert.InRange(share, 0, 0.15); // of one core; the classic program takes 0.6 for as many
    }

    private static async Task WarmUpAsync(RealSystem system)
    {
        for (var i = 0; i < 3; i++)
        {
            await system.Http.EndAsync(await UploadAsync(system, "true", MiB));
        }
    }

    private static async Task<int> UploadAsync(RealSystem system, string script, long bytes)
    {
        var (code, body) = await system.Http.UploadAsync(new LargeUpload(script, bytes));
        Assert.Equal(HttpStatusCode.Created, code);
        return body.Id;
    }

    private static async Task<long> DownloadAsync(RealSystem system, int id)
    {
        using var answer = await system.Http.GetAsync($"/download/{id}", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        var (buffer, length) = (new byte[1 << 16], 0L);
        int read;
        while ((read = await body.ReadAsync(buffer, Cancellation)) > 0)
        {
            length += read;
        }

        Assert.Equal(answer.Content.Headers.ContentLength, length);
        return length;
    }
}
