using JobOrchestrator.Client;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Client.Load;
using JobOrchestrator.Client.Retention;
using JobOrchestrator.Client.Telemetry;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Client.Retention;

/// <summary>What the client keeps in the background: which executions go, and what it measures.</summary>
public sealed class WorkspaceSweeperTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private TestClient _client = null!;
    private HttpClient _http = null!;

    private ClientOptions Options => _client.Services.GetRequiredService<ClientOptions>();

    public async ValueTask InitializeAsync()
    {
        _client = await TestClient.StartAsync(_directory.Path, "SLOTS=8", "KILL_GRACE=1", "VALIDATION=off");
        _http = new HttpClient { BaseAddress = _client.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _client.DisposeAsync();
        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    [Fact]
    public async Task Ended_executions_go_when_they_are_too_old_and_running_ones_never()
    {
        await EndedAsync(1, "true");
        await _http.PutAsync(2, 1, ExecutionCalls.Execution("sleep 1000"));
        await _http.ReachesAsync(2, 1, ExecutionState.Running);
        var sweeper = Sweeper(Options with { MaxAge = TimeSpan.FromHours(1) });
        Assert.Equal(0, sweeper.RunOnce());
        _clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(1, sweeper.RunOnce());
        _clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal(0, sweeper.RunOnce());
        Assert.Equal(["2-1"], Directories());
    }

    [Fact]
    public async Task Past_the_disk_budget_those_that_ended_first_go_but_not_what_ended_this_moment()
    {
        for (var job = 1; job <= 3; job++)
        {
            await EndedAsync(job, "head -c 100000 /dev/zero > large");
        }

        await _http.PutAsync(4, 1, ExecutionCalls.Execution("head -c 100000 /dev/zero > large; touch made; sleep 1000"));
        while (!File.Exists(Path.Combine(_directory.Path, "executions", "4-1", "work", "made")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var sweeper = Sweeper(Options with { MaxDataBytes = 250_000 });
        Assert.Equal(0, sweeper.RunOnce()); // the server is about to fetch them
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, sweeper.RunOnce());
        Assert.Equal(["3-1", "4-1"], Directories());
        Assert.Equal(1, Sweeper(Options with { MaxDataBytes = 1 }).RunOnce());
        Assert.Equal(["4-1"], Directories());
    }

    [Fact]
    public async Task A_link_to_elsewhere_and_a_closed_directory_are_not_counted_and_do_not_stand_in_the_way()
    {
        await EndedAsync(1, "ln -s / everything; mkdir closed; touch closed/file; chmod 000 closed");
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, Sweeper(Options with { MaxDataBytes = 1_000_000 }).RunOnce());
        Assert.Equal(1, Sweeper(Options with { MaxDataBytes = 1 }).RunOnce());
        Assert.Empty(Directories());
    }

    [Fact]
    public void The_load_is_measured_and_within_its_bounds()
    {
        var sampler = new LoadSampler(Options, _client.Services.GetRequiredService<ClientMetrics>(), TimeProvider.System, NullLogger<LoadSampler>.Instance);
        sampler.RunOnce();
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMilliseconds(150))
        {
            // Keep a core busy for some of the kernel's ticks.
        }

        sampler.RunOnce();
        Assert.InRange(sampler.Cpu, 0.1, 100);
        var (used, total) = LoadSampler.Memory();
        Assert.InRange(used, 1, total);
        Assert.True(sampler.DiskFree() > 0);
    }

    private WorkspaceSweeper Sweeper(ClientOptions options) =>
        new(_client.Services.GetRequiredService<ExecutionTable>(), options, _client.Services.GetRequiredService<ClientMetrics>(), _clock, NullLogger<WorkspaceSweeper>.Instance);

    private async Task EndedAsync(int job, string script)
    {
        await _http.PutAsync(job, 1, ExecutionCalls.Execution(script));
        Assert.Equal(ExecutionState.Completed, (await _http.ReachesAsync(job, 1, ExecutionState.Completed)).State);
    }

    private IEnumerable<string> Directories() =>
        Directory.GetDirectories(Path.Combine(_directory.Path, "executions")).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal);
}
