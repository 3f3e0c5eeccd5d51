using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>The wire between server and client is cut, or goes dead and heals.</summary>
public sealed class NetworkTests : IAsyncLifetime
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly TemporaryDirectory _directory = new();
    private readonly List<IAsyncDisposable> _running = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            await _running[i].DisposeAsync();
        }

        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    [Fact]
    public async Task A_cut_while_the_result_is_fetched_costs_another_fetch_and_no_second_run()
    {
        var wire = await WireAsync("client");
        var server = await ServerAsync("CLIENT_LOST_AFTER=60", wire);
        var id = await server.Http.SubmitAsync(Form.Job(
            $"echo run >> '{_directory.Path}/runs'; head -c 3000000 /dev/urandom > big.bin; until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done"));
        await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        wire.CutAfter(1_000_000);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Contains("big.bin", (await server.Http.ZipAsync($"/download/{id}")).Keys);
        Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "runs"), Cancellation));
    }

    [Fact]
    public async Task A_cut_at_the_answer_to_a_submission_costs_a_question_and_no_second_run()
    {
        var wire = await WireAsync("client");
        var server = await ServerAsync("CLIENT_LOST_AFTER=60", wire);
        await HealthyAsync(server);
        wire.CutAnswerTo("PUT");
        var id = await server.Http.SubmitAsync(Form.Job($"echo run >> '{_directory.Path}/runs'; echo done > out.txt"));
        await wire.AnswerCutAsync(Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal("done\n", (await server.Http.ZipAsync($"/download/{id}"))["out.txt"]);
        Assert.Equal(EndReason.Exited, Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation)).Reason);
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "runs"), Cancellation));
    }

    /// <summary>Nobody can be asked then, so there is a second run; it is on record, and the first one is ended and its result does not count.</summary>
    [Fact]
    public async Task A_cut_at_the_answer_to_a_submission_with_the_node_gone_after_it_is_another_attempt_on_record()
    {
        var first = await WireAsync("first");
        var server = await ServerAsync("CLIENT_LOST_AFTER=1", first);
        await HealthyAsync(server);
        first.CutAnswerTo("PUT", thenDead: true);
        var id = await server.Http.SubmitAsync(Form.Job(
            $"echo $$ >> '{_directory.Path}/runs'; until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; echo $$ > who.txt"));
        await first.AnswerCutAsync(Cancellation);
        var store = server.Get<JobStore>();
        while ((await store.FindAsync(id, Cancellation))!.Reason is EndReason.None)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation); // it is being given up
        }

        first.Heal();
        while (await store.FindAsync(id, Cancellation) is not { Attempt: 2, State: JobState.Running })
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        string[] runs;
        while ((runs = await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "runs"), Cancellation)).Length < 2 || Directory.Exists($"/proc/{runs[0]}"))
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation); // the second says so, and the first is ended
        }

        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal(runs[1], (await server.Http.ZipAsync($"/download/{id}"))["who.txt"].Trim());
        var attempts = await store.ListAttemptsAsync(id, Cancellation);
        Assert.Equal(2, attempts.Count);
        Assert.NotEqual(EndReason.None, attempts[0].Reason);
        Assert.Equal(EndReason.Exited, attempts[1].Reason);
    }

    [Fact]
    public async Task Defect_8_a_client_killed_while_its_result_is_fetched_gives_the_whole_result_after_its_restart()
    {
        var port = FreePort.Choose();
        var client = Keep(new Daemon("JobOrchestrator.Client", port, new Dictionary<string, string>
        {
            ["DATA_PATH"] = Path.Combine(_directory.Path, "client"),
            ["SANDBOX"] = "process",
        }));
        await client.StartAsync(Cancellation);
        var wire = Keep(new TcpProxy(port));
        var server = await ServerAsync("CLIENT_LOST_AFTER=60", wire);
        var id = await server.Http.SubmitAsync(Form.Job(
            $"head -c 3000000 /dev/urandom > big.bin; sha256sum big.bin > sum.txt; until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done"));
        await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        wire.CutAfter(1_000_000, silently: true);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        await wire.HungAsync(Cancellation);
        Assert.Equal(ClassicStatus.Running, (await server.Http.StatusAsync(id)).Status);
        await client.KillAsync(Cancellation);
        await client.StartAsync(Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        using var zip = new System.IO.Compression.ZipArchive(await server.Http.GetStreamAsync($"/download/{id}", Cancellation));
        await using var big = zip.GetEntry("big.bin")!.Open();
        var sum = Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(big, Cancellation));
        Assert.StartsWith(sum, (await server.Http.ZipAsync($"/download/{id}"))["sum.txt"], StringComparison.Ordinal);
        Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
    }

    [Fact]
    public async Task A_client_that_comes_back_after_a_partition_is_told_to_end_what_was_given_up()
    {
        var first = await WireAsync("first");
        var second = await WireAsync("second");
        var server = await ServerAsync("CLIENT_LOST_AFTER=1", first, second);
        var wires = new Dictionary<string, TcpProxy> { [first.Address.ToString().TrimEnd('/')] = first, [second.Address.ToString().TrimEnd('/')] = second };
        var id = await server.Http.SubmitAsync(Form.Job(
            $"echo $$ >> '{_directory.Path}/runs'; until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; echo $$ > who.txt"));
        await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        var store = server.Get<JobStore>();
        var lost = wires[(await store.FindAsync(id, Cancellation))!.Client!];
        lost.GoDead();
        while (await store.FindAsync(id, Cancellation) is not { Attempt: 2, State: JobState.Running })
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        string[] runs;
        while ((runs = await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "runs"), Cancellation)).Length < 2)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation); // it is running, and about to say so
        }

        Assert.True(Directory.Exists($"/proc/{runs[0]}"));
        lost.Heal();
        while (Directory.Exists($"/proc/{runs[0]}"))
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal(runs[1], (await server.Http.ZipAsync($"/download/{id}"))["who.txt"].Trim());
        var attempts = await store.ListAttemptsAsync(id, Cancellation);
        Assert.Equal([EndReason.ClientUnreachable, EndReason.Exited], attempts.Select(a => a.Reason));
        Assert.NotEqual(attempts[0].Client, attempts[1].Client);
    }

    [Fact]
    public async Task A_job_cancelled_while_its_files_are_on_their_way_does_not_run_when_they_arrive()
    {
        var wire = await WireAsync("client");
        var server = await ServerAsync("CLIENT_LOST_AFTER=60", wire);
        await HealthyAsync(server);
        wire.GoDead();
        var id = await server.Http.SubmitAsync(Form.Job($"touch '{_directory.Path}/started'; sleep 1000"));
        await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Processing);
        Assert.Equal(ClassicStatus.Killed, (await server.Http.TerminateAsync(id)).Body.Status);
        wire.Heal();
        while (!(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation))[0].Released)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        Assert.Equal(ClassicStatus.Killed, (await server.Http.StatusAsync(id)).Status);
        await Processes.NoneLeftAsync(Path.Combine(_directory.Path, "client", "executions", $"{id}-1"), Cancellation);
    }

    [Fact]
    public async Task Defect_14_jobs_can_be_cancelled_though_the_client_is_down()
    {
        var wire = await WireAsync("client");
        var server = await ServerAsync("CLIENT_LOST_AFTER=60", wire);
        var running = await server.Http.SubmitAsync(Form.Job("sleep 1000"));
        await server.Http.UntilAsync(running, s => s.Status == ClassicStatus.Running);
        wire.GoDead();
        while (server.Get<ClientRegistry>().All.Single().Health == NodeHealth.Healthy)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        var waiting = await server.Http.SubmitAsync(Form.Job("true"));
        Assert.Equal(ClassicStatus.Killed, (await server.Http.TerminateAsync(waiting)).Body.Status);
        Assert.Equal(ClassicStatus.Killed, (await server.Http.TerminateAsync(running)).Body.Status);
        wire.Heal();
        await Processes.NoneLeftAsync(Path.Combine(_directory.Path, "client", "executions", $"{running}-1"), Cancellation);
    }

    private async Task<TcpProxy> WireAsync(string name)
    {
        var client = Keep(await TestClient.StartAsync(Path.Combine(_directory.Path, name), "SLOTS=4", "KILL_GRACE=1"));
        return Keep(new TcpProxy(client.Address.Port));
    }

    private async Task<TestServer> ServerAsync(string setting, params TcpProxy[] wires) => Keep(await TestServer.StartAsync(
        _directory.Path, [$"SERVICE_EXAMPLE_CLIENTS={string.Join(',', wires.Select(w => w.Address))}", "STOP_GRACE=1", "TRANSFER_STANDSTILL=2", setting]));

    private static async Task HealthyAsync(TestServer server)
    {
        while (server.Get<ClientRegistry>().All.SingleOrDefault() is not { Health: NodeHealth.Healthy })
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    private T Keep<T>(T disposable)
        where T : IAsyncDisposable
    {
        _running.Add(disposable);
        return disposable;
    }
}
