using System.Net;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Our server with a classic client, and our client with a classic server.</summary>
public sealed class CompatibilityTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private ClassicClientDouble _client = null!;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _client = await ClassicClientDouble.StartAsync();
        _server = await TestServer.StartAsync(_directory.Path, _client.ServiceSettings);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _client.DisposeAsync();
        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    [Fact]
    public async Task A_job_on_a_classic_client_completes_with_its_files()
    {
        var id = await _server.Http.SubmitAsync(Form.Job("true").File("in.txt", "input"));
        var payload = await _client.ArrivedAsync(1);
        Assert.Equal(["in.txt", "run.sh"], _client.FilesOf(payload).Keys.Order(StringComparer.Ordinal));
        _client.Set(payload, "Running");
        await _server.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        _client.Set(payload, "Completed");
        Assert.Equal(ClassicStatus.Completed, (await _server.Http.EndAsync(id)).Status);
        Assert.Equal("input", (await _server.Http.ZipAsync($"/download/{id}"))["in.txt"]);
    }

    [Theory]
    [InlineData("Failed", ClassicStatus.Failed, "does not say how")]
    [InlineData("Invalid", ClassicStatus.Invalid, ".orchestrator.exit")]
    public async Task A_job_that_ends_badly_on_a_classic_client_says_what_is_known(string word, ClassicStatus status, string message)
    {
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        _client.Set(await _client.ArrivedAsync(1), word);
        var end = await _server.Http.EndAsync(id);
        Assert.Equal(status, end.Status);
        Assert.Contains(message, end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_job_is_killed_on_a_classic_client()
    {
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        var payload = await _client.ArrivedAsync(1);
        _client.Set(payload, "Running");
        await _server.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        var (code, body) = await _server.Http.TerminateAsync(id);
        Assert.Equal((HttpStatusCode.OK, ClassicStatus.Killed), (code, body.Status));
        Assert.True(_client.WasKilled(payload));
    }

    [Fact]
    public async Task A_job_a_classic_client_lost_is_sent_again()
    {
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        _client.Forget(await _client.ArrivedAsync(1));
        _client.Set(await _client.ArrivedAsync(1), "Completed");
        Assert.Equal(ClassicStatus.Completed, (await _server.Http.EndAsync(id)).Status);
        var attempts = await _server.Get<JobStore>().ListAttemptsAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal(2, attempts.Count);
        Assert.Contains("no longer knows", attempts[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_on_a_classic_client_survives_a_restart_of_the_server()
    {
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        var payload = await _client.ArrivedAsync(1);
        _client.Set(payload, "Running");
        await _server.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        await _server.DisposeAsync();
        _client.Set(payload, "Completed");
        _server = await TestServer.StartAsync(_directory.Path, _client.ServiceSettings);
        Assert.Equal(ClassicStatus.Completed, (await _server.Http.EndAsync(id)).Status);
        Assert.Single(_client.Payloads);
    }

    [Fact]
    public async Task Our_client_obeys_a_classic_server()
    {
        await using var client = await TestClient.StartAsync(Path.Combine(_directory.Path, "client"), "KILL_GRACE=1");
        using var http = new HttpClient { BaseAddress = client.Address };
        var server = new ClassicServerDouble(http);
        const string Trap = "trap 'echo \"$?\" > .orchestrator.exit' EXIT\n";
        var good = await server.SubmitAsync(("run.sh", Trap + "cat dir/in.txt > out.txt"), ("dir/in.txt", "input"));
        var bad = await server.SubmitAsync(("run.sh", Trap + "exit 3"));
        var invalid = await server.SubmitAsync(("other.sh", "true"));
        Assert.Equal(("Completed", "Failed", "Invalid"), (await server.EndAsync(good), await server.EndAsync(bad), await server.EndAsync(invalid)));
        Assert.Equal("input", (await http.ZipAsync($"/retrieve/{good}"))["out.txt"]);

        var killed = await server.SubmitAsync(("run.sh", Trap + "sleep 1000"));
        using var answer = await http.PostAsync($"/kill/{killed}", null, TestContext.Current.CancellationToken);
        Assert.Equal("Killed", await server.EndAsync(killed));
    }
}
