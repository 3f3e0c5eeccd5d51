using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Launcher;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Jobs through server and clients; numbers in names are those of the list of classic defects.</summary>
public sealed class LifecycleTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Defect_2_jobs_wait_for_a_client_that_is_down_and_run_when_it_comes()
    {
        using var directory = new TemporaryDirectory();
        var port = FreePort.Choose();
        await using var server = await TestServer.StartAsync(directory.Path, [$"SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:{port}"]);
        var id = await server.Http.SubmitAsync(Form.Job("true"));
        Assert.Equal(ClassicStatus.Queued, (await server.Http.StatusAsync(id)).Status);
        await using var client = await TestClient.StartAsync(Path.Combine(directory.Path, "client"), $"urls=http://127.0.0.1:{port}");
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    public async Task A_result_arrives_whole_with_the_news_or_after_it_and_the_client_is_left_with_nothing(int bytes)
    {
        await using var system = await TestSystem.StartAsync();
        var id = await system.Http.SubmitAsync(Form.Job($"head -c {bytes} /dev/urandom | base64 -w0 > out; sha256sum < out"));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        var files = await system.Http.ZipAsync($"/download/{id}");
        Assert.Equal((bytes + 2) / 3 * 4, files["out"].Length);
        Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(files["out"]))), files["stdout.log"], StringComparison.Ordinal);
        while (Directory.EnumerateDirectories(Path.Combine(system.Directory, "client-0", "executions")).Any())
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    [Fact]
    public async Task Defect_14_a_waiting_job_can_be_cancelled_and_never_runs()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["SLOTS=1", "KILL_GRACE=1"]);
        var running = await system.Http.SubmitAsync(Form.Job("sleep 1000"));
        await system.Http.UntilAsync(running, s => s.Status == ClassicStatus.Running);
        var waiting = await system.Http.SubmitAsync(Form.Job($"touch '{system.Directory}/ran'"));
        var (code, body) = await system.Http.TerminateAsync(waiting);
        Assert.Equal((HttpStatusCode.OK, ClassicStatus.Killed), (code, body.Status));
        await system.Http.TerminateAsync(running);
        var last = await system.Http.SubmitAsync(Form.Job("true"));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(last)).Status);
        Assert.False(File.Exists(Path.Combine(system.Directory, "ran")));
        Assert.Equal(ClassicStatus.Killed, (await system.Http.StatusAsync(waiting)).Status);
    }

    [Fact]
    public async Task Defect_16_no_more_jobs_run_at_once_than_the_service_and_the_user_may()
    {
        await using var system = await TestSystem.StartAsync(
            settings: ["SERVICE_EXAMPLE_MAX_RUNS=4", "SERVICE_EXAMPLE_RUNS_PER_USER=2"], clientSettings: ["SLOTS=16"]);
        var jobs = new List<int>();
        for (var i = 0; i < 30; i++)
        {
            var user = i % 3;
            // A directory is made by one only: mkdir of a place that is taken fails, and so does the job.
            jobs.Add(await system.Http.SubmitAsync(Form.Job(
                $$"""
                cd '{{system.Directory}}'
                take() { for place in $(seq $2); do mkdir "$1-$place" 2>/dev/null && { mine="$mine $1-$place"; return; }; done; exit 1; }
                take all 4; take user-{{user}} 2; sleep 0.02; rmdir $mine
                """,
                userId: user)));
        }

        foreach (var id in jobs)
        {
            Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        }
    }

    [Fact]
    public async Task Defect_17_users_take_turns_and_each_ones_jobs_go_first_come_first_served()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["SLOTS=1"]);
        var blocker = await system.Http.SubmitAsync(Form.Job($"until [ -e '{system.Directory}/go' ]; do sleep 0.01; done", userId: 9));
        await system.Http.UntilAsync(blocker, s => s.Status == ClassicStatus.Running);
        var last = 0;
        foreach (var user in (int[])[1, 1, 1, 1, 2, 2])
        {
            last = await system.Http.SubmitAsync(Form.Job($"echo {user}-$(ls '{system.Directory}/data/jobs' | wc -l)-{last} >> '{system.Directory}/order'", userId: user));
        }

        await File.WriteAllTextAsync(Path.Combine(system.Directory, "go"), string.Empty, Cancellation);
        string[] lines;
        while (!File.Exists(Path.Combine(system.Directory, "order")) || (lines = await File.ReadAllLinesAsync(Path.Combine(system.Directory, "order"), Cancellation)).Length < 6)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        Assert.Equal(["1", "2", "1", "2", "1", "1"], lines.Select(l => l.Split('-')[0]));
        foreach (var user in (string[])["1", "2"])
        {
            var order = lines.Where(l => l.StartsWith(user, StringComparison.Ordinal)).Select(l => int.Parse(l.Split('-')[2], System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(order.Order(), order);
        }
    }

    [Fact]
    public async Task Defect_3_running_and_waiting_jobs_survive_a_restart_of_the_server()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["SLOTS=1"]);
        var running = await system.Http.SubmitAsync(Form.Job($"until [ -e '{system.Directory}/go' ]; do sleep 0.01; done; echo done > out.txt"));
        await system.Http.UntilAsync(running, s => s.Status == ClassicStatus.Running);
        var waiting = await system.Http.SubmitAsync(Form.Job("true"));
        await system.RestartServerAsync();
        Assert.Equal(ClassicStatus.Running, (await system.Http.StatusAsync(running)).Status);
        await File.WriteAllTextAsync(Path.Combine(system.Directory, "go"), string.Empty, Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(running)).Status);
        Assert.Equal("done\n", (await system.Http.ZipAsync($"/download/{running}"))["out.txt"]);
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(waiting)).Status);
        Assert.Single(await system.Server.Get<JobStore>().ListAttemptsAsync(running, Cancellation));
    }

    [Fact]
    public async Task Defect_19_retention_counts_from_the_end_and_spares_what_runs()
    {
        await using var system = await TestSystem.StartAsync(settings: ["MAX_AGE=1"], clientSettings: ["MAX_AGE=1"]);
        var running = await system.Http.SubmitAsync(Form.Job($"until [ -e '{system.Directory}/go' ]; do sleep 0.01; done; echo here > out.txt"));
        var ended = await system.Http.SubmitAsync(Form.Job("true"));
        await system.Http.UntilAsync(ended, s => s.Status == ClassicStatus.Cleaned);
        Assert.False(Directory.Exists(Path.Combine(system.Directory, "data", "jobs", $"{ended}")));
        Assert.Equal(ClassicStatus.Running, (await system.Http.StatusAsync(running)).Status);
        await File.WriteAllTextAsync(Path.Combine(system.Directory, "go"), string.Empty, Cancellation);
        await system.Http.UntilAsync(running, s => s.Status is ClassicStatus.Completed);
    }

    [Fact]
    public async Task Defects_6_8_and_26_pipes_links_and_modes_in_a_job_s_directory()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["VALIDATION=off"]); // it would refuse the link to /etc/passwd
        var id = await system.Http.SubmitAsync(Form.Job("mkfifo pipe; ln -s nowhere dangling; ln -s /etc/passwd outside; echo x > file; chmod 640 file; echo y > tool; chmod 755 tool"));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        using var zip = new ZipArchive(await system.Http.GetStreamAsync($"/download/{id}", Cancellation));
        var entries = zip.Entries.ToDictionary(e => e.FullName, StringComparer.Ordinal);
        Assert.DoesNotContain("pipe", entries.Keys);
        Assert.DoesNotContain(entries.Keys, name => name.EndsWith(".zip", StringComparison.Ordinal));
        Assert.Equal((Convert.ToInt32("100640", 8), Convert.ToInt32("100755", 8)), (Mode("file"), Mode("tool")));
        Assert.Equal(Convert.ToInt32("120000", 8), Mode("dangling") & Convert.ToInt32("170000", 8));
        using (var reader = new StreamReader(entries["dangling"].Open()))
        {
            Assert.Equal("nowhere", await reader.ReadToEndAsync(Cancellation));
        }

        using var notes = new StreamReader(entries["orchestrator-notes.txt"].Open());
        var left = await notes.ReadToEndAsync(Cancellation);
        Assert.All(["pipe", "outside: a link that leads out of the directory"], note => Assert.Contains(note, left, StringComparison.Ordinal));

        int Mode(string name) => (int)((uint)entries[name].ExternalAttributes >> 16);
    }

    [Fact]
    public async Task Defect_9_relative_data_paths_work()
    {
        using var directory = new TemporaryDirectory();
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, directory.Path);
        await using var client = await TestClient.StartAsync(Path.Combine(relative, "client"));
        await using var server = await TestServer.StartAsync(relative, [$"SERVICE_EXAMPLE_CLIENTS={client.Address}"]);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(await server.Http.SubmitAsync(Form.Job("true")))).Status);
    }

    [Fact]
    public async Task Defect_5_no_process_not_even_a_remain_is_left_of_jobs_that_have_ended()
    {
        await using var system = await TestSystem.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            await system.Http.EndAsync(await system.Http.SubmitAsync(Form.Job("(sleep 0.01 &) ; sleep 0 & true")));
        }

        while (ProcessTree.All().Any(p => p.Parent == Environment.ProcessId && p.State == 'Z'))
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        await Processes.NoneLeftAsync(system.Directory, Cancellation);
    }

    [Fact]
    public async Task A_job_lost_with_its_client_runs_again_on_another_and_the_late_answer_of_the_first_changes_nothing()
    {
        using var directory = new TemporaryDirectory();
        var port = FreePort.Choose();
        await using var other = await TestClient.StartAsync(Path.Combine(directory.Path, "other"), "SLOTS=1");
        var first = await TestClient.StartAsync(Path.Combine(directory.Path, "first"), $"urls=http://127.0.0.1:{port}", "SLOTS=1", "KILL_GRACE=1");
        await using var server = await TestServer.StartAsync(
            directory.Path, [$"SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:{port},{other.Address}", "CLIENT_LOST_AFTER=1"]);

        // The first one to run stays, whichever client it is on; it is the first client's slot we want.
        var jobs = new List<int>();
        for (var i = 0; i < 2; i++)
        {
            jobs.Add(await server.Http.SubmitAsync(Form.Job($"echo $PWD >> '{directory.Path}/started'; until [ -e '{directory.Path}/go' ]; do sleep 0.01; done; echo $PWD > where.txt")));
        }

        foreach (var id in jobs)
        {
            await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        }

        await first.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "go"), string.Empty, Cancellation);
        foreach (var id in jobs)
        {
            Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
            Assert.Contains("/other/", (await server.Http.ZipAsync($"/download/{id}"))["where.txt"], StringComparison.Ordinal);
        }

        var store = server.Get<JobStore>();
        var moved = Assert.Single(jobs, id => store.ListAttemptsAsync(id, Cancellation).GetAwaiter().GetResult().Count == 2);
        await using var back = await TestClient.StartAsync(Path.Combine(directory.Path, "first"), $"urls=http://127.0.0.1:{port}", "SLOTS=1");
        while (!(await store.ListAttemptsAsync(moved, Cancellation))[0].Released)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        Assert.Contains("/other/", (await server.Http.ZipAsync($"/download/{moved}"))["where.txt"], StringComparison.Ordinal);
        await Processes.KillAllWithMarkerAsync(directory.Path);
    }
}
