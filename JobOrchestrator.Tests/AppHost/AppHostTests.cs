using System.Net;
using System.Net.Sockets;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.AppHost;

/// <summary>The host as the user meets it: a real process with real children.</summary>
public sealed class AppHostTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.AppHost");

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly TemporaryDirectory _data = new();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly HttpClient _http = new();
    private int _port;

    public AppHostTests() => _patience.CancelAfter(TimeSpan.FromMinutes(2));

    public void Dispose()
    {
        _http.Dispose();
        _patience.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Help_lists_every_option()
    {
        await using var run = ProgramRun.Start(Program, ["--help"]);
        Assert.Equal(0, await run.ExitAsync(_patience.Token));
        Assert.All(["--clients", "--port", "--data", "--no-dashboard"], option => Assert.Contains(option, run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--clients is 0, but must be from 1 to 100.", "--clients", "0")]
    [InlineData("Cannot parse argument 'three'", "--clients", "three")]
    [InlineData("--port is 70000, but must be from 1 to 65535.", "--port", "70000")]
    [InlineData("Unknown argument '--client'", "--client", "3")]
    [InlineData("--operation is 'walk', but must be run or publish.", "--operation", "walk")]
    public async Task A_wrong_argument_is_named(string message, params string[] arguments)
    {
        await using var run = ProgramRun.Start(Program, arguments);
        Assert.Equal(2, await run.ExitAsync(_patience.Token));
        Assert.Contains(message, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_a_way_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var run = Start("--port", $"{port}");
        Assert.Equal(1, await run.ExitAsync(_patience.Token));
        Assert.Contains($"Port {port} of server is in use by another program", run.Output, StringComparison.Ordinal);
        Assert.Contains("--port N", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task An_interrupt_ends_everything_with_exit_code_0()
    {
        await using var run = await StartWithRunningJobAsync();
        Processes.Signal(run.Id, Processes.SigInt);
        Assert.Equal(0, await run.ExitAsync(_patience.Token));
        Assert.Empty(Processes.WithMarker(_data.Path));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task The_death_of_the_outer_process_ends_everything()
    {
        await using var run = await StartWithRunningJobAsync();
        Processes.Signal(run.Id, Processes.SigKill);
        await run.ExitAsync(_patience.Token);
        await Processes.NoneLeftAsync(_data.Path, _patience.Token);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task The_death_of_the_inner_process_ends_everything()
    {
        await using var run = await StartWithRunningJobAsync();
        var inner = Processes.WithMarker(_data.Path).Single(p => p.Key != run.Id && p.Value.StartsWith(Program + " ", StringComparison.Ordinal)).Key;
        Processes.Signal(inner, Processes.SigKill);
        Assert.Equal(128 + Processes.SigKill, await run.ExitAsync(_patience.Token));
        Assert.Empty(Processes.WithMarker(_data.Path));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_job_that_ran_when_the_host_stopped_runs_again_after_the_next_start()
    {
        await using (var first = await StartWithRunningJobAsync())
        {
            Processes.Signal(first.Id, Processes.SigTerm);
            Assert.Equal(0, await first.ExitAsync(_patience.Token));
        }

        File.WriteAllText(Path.Combine(_data.Path, "release"), string.Empty);
        await using var second = Start("--port", $"{_port}");
        await second.LineAsync("processes are healthy", _patience.Token);
        string? type;
        while ((type = await DownloadTypeAsync()) != "application/zip")
        {
            Assert.Equal("application/json", type);
            await Task.Delay(Interval, TimeProvider.System, _patience.Token);
        }
    }

    private async Task<string?> DownloadTypeAsync()
    {
        using var answer = await _http.GetAsync($"http://localhost:{_port}/download/1", _patience.Token);
        Assert.DoesNotContain("\"Failed\"", await answer.Content.ReadAsStringAsync(_patience.Token), StringComparison.Ordinal);
        return answer.Content.Headers.ContentType?.MediaType;
    }

    /// <summary>Without a sandbox that hides the test's own files from its jobs.</summary>
    private ProgramRun Start(params string[] arguments) => ProgramRun.Start(
        Program, ["--no-dashboard", "--clients", "2", "--data", _data.Path, .. arguments],
        new Dictionary<string, string> { ["SANDBOX"] = "process" });

    /// <summary>The whole system with one job on it that has left its session and would run until a file appears.</summary>
    private async Task<ProgramRun> StartWithRunningJobAsync()
    {
        _port = FreePort.Choose();
        var run = Start("--port", $"{_port}");
        await run.LineAsync("3 processes are healthy", _patience.Token);
        var script = $"""
            cd '{_data.Path}'
            [ -e release ] && exit 0
            setsid bash -c 'echo $$ > started; until [ -e release ]; do sleep 0.1; done' {_data.Path} &
            wait
            """;
        using var form = new MultipartFormDataContent
        {
            { new StringContent(script), "file", "run.sh" },
            { new StringContent("1"), "user_id" },
            { new StringContent("example"), "service" },
        };
        using var answer = await _http.PostAsync($"http://localhost:{_port}/upload", form, _patience.Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        while (!File.Exists(Path.Combine(_data.Path, "started")))
        {
            await Task.Delay(Interval, TimeProvider.System, _patience.Token);
        }

        return run;
    }
}
