using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Retention;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Server.Retention;

/// <summary>Which jobs' files go, and when; on a clock of the test's own.</summary>
public sealed class RetentionTests : IAsyncDisposable
{
    private const int Kilobyte = 1024;

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
    private TestServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Files_go_when_their_time_since_the_end_is_over_and_not_before_and_never_those_of_a_live_job()
    {
        await StartAsync("MAX_AGE=100");
        var (early, late, live) = (await UploadAsync(), await UploadAsync(), await UploadAsync());
        _clock.Advance(TimeSpan.FromMinutes(3)); // how long they waited counts for nothing
        await EndAsync(early);
        _clock.Advance(TimeSpan.FromSeconds(50));
        await EndAsync(late);
        _clock.Advance(TimeSpan.FromSeconds(50));
        await SweepAsync();
        Assert.Equal(ClassicStatus.Killed, (await _server!.Http.StatusAsync(early)).Status);

        // The server's own sweeper is woken by this clock too; whichever comes first does it.
        _clock.Advance(TimeSpan.FromSeconds(1));
        await SweepAsync();
        await _server.Http.UntilAsync(early, s => s.Status == ClassicStatus.Cleaned);
        Assert.Equal(ClassicStatus.Killed, (await _server.Http.StatusAsync(late)).Status);
        Assert.Equal((true, true), (HasFiles(late), HasFiles(live)));
        _clock.Advance(TimeSpan.FromMinutes(3));
        await SweepAsync();
        await _server.Http.UntilAsync(late, s => s.Status == ClassicStatus.Cleaned);
        while (HasFiles(early) || HasFiles(late))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        Assert.True(HasFiles(live));
        Assert.Equal(ClassicStatus.Queued, (await _server.Http.StatusAsync(live)).Status);
    }

    [Fact]
    public async Task Past_the_disk_budget_the_files_of_those_that_ended_first_go_and_no_more_than_needed()
    {
        await StartAsync($"MAX_DATA_BYTES={250 * Kilobyte}");
        var (first, second, third, live) = (await UploadAsync(100), await UploadAsync(100), await UploadAsync(100), await UploadAsync(100));
        foreach (var job in (int[])[second, first, third])
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await EndAsync(job);
        }

        Assert.Equal(2, await SweepAsync());
        Assert.Equal((false, false, true, true), (HasFiles(first), HasFiles(second), HasFiles(third), HasFiles(live)));
        Assert.Equal(0, await SweepAsync());
        await EndAsync(await UploadAsync(100));
        Assert.Equal(1, await SweepAsync());
        Assert.Equal((false, true), (HasFiles(third), HasFiles(live)));
    }

    [Fact]
    public async Task When_live_jobs_alone_take_more_than_the_budget_they_stay_and_the_server_goes_on()
    {
        await StartAsync($"MAX_DATA_BYTES={50 * Kilobyte}");
        var (live, ended) = (await UploadAsync(100), await UploadAsync(10));
        await EndAsync(ended);
        Assert.Equal(1, await SweepAsync());
        Assert.Equal((true, false), (HasFiles(live), HasFiles(ended)));
        Assert.Equal(0, await SweepAsync());
        Assert.True(HasFiles(await UploadAsync(10)));
    }

    private async Task StartAsync(string setting) =>
        _server = await TestServer.StartAsync(_directory.Path, ["SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:1", setting], _clock);

    private Task<int> UploadAsync(int kilobytes = 1) => _server!.Http.SubmitAsync(Form.Job("true").File("large", new byte[kilobytes * Kilobyte]));

    private async Task EndAsync(int job) => await _server!.Http.TerminateAsync(job);

    private Task<int> SweepAsync() =>
        _server!.Get<IEnumerable<IHostedService>>().OfType<RetentionSweeper>().Single().RunOnceAsync(Cancellation);

    private bool HasFiles(int job) => Directory.Exists(Path.Combine(_directory.Path, "data", "jobs", $"{job}"));
}
