using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Client;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Client nodes that hang, cut results short, or lose everything; numbers in names are those of the list of classic defects.</summary>
public sealed class BadClientTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Defect_6_a_client_that_hangs_holds_up_nobody_elses_results()
    {
        await using var hanging = await ClassicClientDouble.StartAsync();
        await using var client = await TestClient.StartAsync(Path.Combine(_directory.Path, "client"));
        await using var server = await TestServer.StartAsync(
            _directory.Path, [.. hanging.ServiceSettings, $"SERVICE_OTHER_CLIENTS={client.Address}"]);
        var stuck = await server.Http.SubmitAsync(Form.Job("true"));
        var payload = await hanging.ArrivedAsync(1);
        hanging.Hang(payload);
        for (var i = 0; i < 3; i++)
        {
            var id = await server.Http.SubmitAsync(Form.Job("true", service: "other"));
            Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        }

        Assert.Equal(ClassicStatus.Submitted, (await server.Http.StatusAsync(stuck)).Status);
        hanging.Set(payload, "Completed");
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(stuck)).Status);
        await Processes.KillAllWithMarkerAsync(_directory.Path);
    }

    [Fact]
    public async Task Defect_8_a_result_cut_short_is_never_taken_for_the_whole_and_the_whole_is_fetched_in_the_end()
    {
        await using var client = await ClassicClientDouble.StartAsync();
        await using var server = await TestServer.StartAsync(_directory.Path, client.ServiceSettings);
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i * 7919 % 10007} "));
        var id = await server.Http.SubmitAsync(Form.Job("true").File("data.txt", text));
        var payload = await client.ArrivedAsync(1);
        client.CutResults(3); // an archive that stops in the middle, though the answer that carries it ends well
        client.Set(payload, "Completed");
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal(text, (await server.Http.ZipAsync($"/download/{id}"))["data.txt"]);
        Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
        Assert.Equal(0, client.CutsLeft);
    }

    [Fact]
    public async Task Defect_7_after_a_client_has_lost_everything_each_user_gets_the_output_of_the_own_job()
    {
        var port = FreePort.Choose();
        var data = Path.Combine(_directory.Path, "client");
        var client = await StartAsync();
        await using var server = await TestServer.StartAsync(_directory.Path, [$"SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:{port}"]);
        var first = await server.Http.SubmitAsync(Script(user: 1));
        await server.Http.UntilAsync(first, status => status.Status == ClassicStatus.Running);
        await client.DisposeAsync();
        await Processes.KillAllWithMarkerAsync(data);
        Directory.Delete(data, recursive: true);
        client = await StartAsync();
        var second = await server.Http.SubmitAsync(Script(user: 2));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        foreach (var (id, user) in new[] { (first, 1), (second, 2) })
        {
            Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
            Assert.Equal($"of user {user}\n", (await server.Http.ZipAsync($"/download/{id}"))["out.txt"]);
        }

        Assert.Equal(2, (await server.Get<JobStore>().ListAttemptsAsync(first, Cancellation)).Count);
        await client.DisposeAsync();
        await Processes.KillAllWithMarkerAsync(_directory.Path);

        Task<TestClient> StartAsync() => TestClient.StartAsync(data, $"urls=http://127.0.0.1:{port}", "KILL_GRACE=1");

        Form Script(int user) => Form.Job(
            $"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; echo of user {user} > out.txt", userId: user);
    }

    [Fact]
    public async Task Defect_27_a_client_listens_on_this_machine_only_unless_it_is_told_otherwise()
    {
        await using var app = ClientApp.Create(["--PORT=0", "--Logging:LogLevel:Default=None", $"--DATA_PATH={_directory.Path}/client"]);
        await app.StartAsync(Cancellation);
        Assert.Equal("127.0.0.1", new Uri(Assert.Single(app.Urls)).Host);
        await app.StopAsync(Cancellation);
    }
}
