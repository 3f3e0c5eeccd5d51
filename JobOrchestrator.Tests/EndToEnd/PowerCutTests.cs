using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Real processes that die without a word, and what the next start makes of it.</summary>
[Trait("Category", "Slow")]
public sealed class PowerCutTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_upload_that_was_acknowledged_is_there_whole_when_the_server_was_killed_in_the_midst_of_many()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        await using var system = await RealSystem.StartAsync(new() { ["SERVICE_EXAMPLE_QUEUED_PER_USER"] = "100000" });
        await RealSystem.KillAsync(system.Client); // nothing runs: what is uploaded stays as it is
        var acknowledged = new ConcurrentDictionary<int, string>();
        for (var round = 0; round < 3; round++)
        {
            using var over = new CancellationTokenSource();
            var senders = Enumerable.Range(0, 8).Select(i => SendAsync(system, $"{round}-{i}", acknowledged, over.Token)).ToArray();
            var enough = acknowledged.Count + random.Next(50, 150);
            while (acknowledged.Count < enough)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
            }

            await RealSystem.KillAsync(system.Server);
            await over.CancelAsync();
            await Task.WhenAll(senders);
            await system.StartServerAsync();
        }

        var data = Path.Combine(system.Directory, "data");
        foreach (var (id, content) in acknowledged)
        {
            var file = Path.Combine(data, "jobs", $"{id}", "input", "content.txt");
            Assert.True(File.Exists(file) && await File.ReadAllTextAsync(file, Cancellation) == content, $"seed {seed}: job {id} is not as it was sent");
            Assert.Contains((await system.Http.StatusAsync(id)).Status, new[] { ClassicStatus.Queued, ClassicStatus.Processing }); // the server tries the dead client now and then
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(data, "staging")));
    }

    [Fact]
    public async Task Defect_25_a_server_killed_in_the_middle_of_an_upload_leaves_no_half_job()
    {
        await using var system = await RealSystem.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, system.Http.BaseAddress!.Port, Cancellation);
        var start = await Form.Job("true").File("large", new string('x', 100_000)).ToContent(cut: true).ReadAsStringAsync(Cancellation);
        await socket.GetStream().WriteAsync(
            Encoding.UTF8.GetBytes($"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=test-boundary\r\nContent-Length: 9999999\r\n\r\n{start}"),
            Cancellation);
        var staging = Path.Combine(system.Directory, "data", "staging");
        while (!Directory.EnumerateFiles(staging, "large", SearchOption.AllDirectories).Any())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        await RealSystem.KillAsync(system.Server);
        Assert.NotEmpty(Directory.EnumerateFileSystemEntries(staging));
        await system.StartServerAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(staging));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(system.Directory, "data", "jobs")));
        using var answer = await system.Http.GetAsync("/download/1", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task A_running_job_survives_its_client_and_the_server_and_runs_once()
    {
        await using var system = await RealSystem.StartAsync();
        var id = await system.Http.SubmitAsync(Form.Job(
            $"echo run >> '{system.Directory}/runs'; until [ -e '{system.Directory}/go' ]; do sleep 0.01; done; echo done > out.txt"));
        await system.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        await RealSystem.KillAsync(system.Client);
        await RealSystem.KillAsync(system.Server);
        await system.StartClientAsync();
        await system.StartServerAsync();
        await File.WriteAllTextAsync(Path.Combine(system.Directory, "go"), string.Empty, Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        Assert.Equal("done\n", (await system.Http.ZipAsync($"/download/{id}"))["out.txt"]);
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(system.Directory, "runs"), Cancellation));
    }

    [Fact]
    public async Task A_script_that_ended_while_client_and_server_were_dead_is_collected_by_the_next_ones()
    {
        await using var system = await RealSystem.StartAsync();
        var id = await system.Http.SubmitAsync(Form.Job(
            $"until [ -e '{system.Directory}/go' ]; do sleep 0.01; done; echo done > out.txt; touch '{system.Directory}/ended'"));
        await system.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        await RealSystem.KillAsync(system.Client);
        await RealSystem.KillAsync(system.Server);
        await File.WriteAllTextAsync(Path.Combine(system.Directory, "go"), string.Empty, Cancellation);
        while (!File.Exists(Path.Combine(system.Directory, "ended")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        await system.StartClientAsync();
        await system.StartServerAsync();
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        Assert.Equal("done\n", (await system.Http.ZipAsync($"/download/{id}"))["out.txt"]);
    }

    /// <summary>Uploads one job after the other, noting those that were acknowledged, until the server is gone.</summary>
    private static async Task SendAsync(RealSystem system, string name, ConcurrentDictionary<int, string> acknowledged, CancellationToken over)
    {
        for (var n = 0; !over.IsCancellationRequested; n++)
        {
            try
            {
                var content = $"{name}-{n}-{new string('c', n * 37 % 5000)}";
                acknowledged[await system.Http.SubmitAsync(Form.Job("true").File("content.txt", content))] = content;
            }
            catch (HttpRequestException)
            {
                return; // the server was killed: this one was not acknowledged
            }
        }
    }
}
