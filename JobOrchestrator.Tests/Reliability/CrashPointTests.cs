using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Server;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>
/// The server, a real process, kills itself between two of its own steps, everywhere on a job's way; it is started again, and the history
/// must hold what is promised.
/// </summary>
public sealed class CrashPointTests : IAsyncLifetime
{
    private const int RunsPerUser = 2;
    private const int KilledBySignal = 128 + Processes.SigKill;

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<Submitted> _sent = [];
    private Ledger _ledger = null!;
    private TestClient _client = null!;
    private Daemon _server = null!;
    private PersistentSender _sender = null!;
    private HistoryChecker _checker = null!;

    /// <summary>A few of every kind always; all of them in the slow part.</summary>
    public static TheoryData<string> Points()
    {
        string[] always = [FaultPoints.UploadCommitted, FaultPoints.ClaimCommitted, FaultPoints.DispatchAccepted, FaultPoints.CollectPublished];
        string[] others =
        [
            FaultPoints.UploadReceiving, FaultPoints.UploadStaged, FaultPoints.UploadPublished, FaultPoints.ClaimTracked,
            FaultPoints.DispatchHalf, FaultPoints.DispatchNoted, FaultPoints.RunNoted, FaultPoints.CollectStarted,
            FaultPoints.CollectHalf, FaultPoints.CollectFetched, FaultPoints.FinishCommitted, FaultPoints.FinishReleased,
            FaultPoints.FinishSettled, $"{FaultPoints.WriterRan}:1", $"{FaultPoints.WriterCommitted}:1", $"{FaultPoints.WriterRan}:2",
            $"{FaultPoints.WriterCommitted}:2", $"{FaultPoints.WriterRan}:3", $"{FaultPoints.WriterCommitted}:3",
        ];
        var points = new TheoryData<string>(always);
        foreach (var point in others)
        {
            points.Add(new TheoryDataRow<string>(point).WithTrait("Category", "Slow"));
        }

        return points;
    }

    public async ValueTask InitializeAsync()
    {
#if !DEBUG
        Assert.Skip("The server's fault points are only compiled into builds for development (-c Debug).");
#endif
        _limit.CancelAfter(TimeSpan.FromMinutes(2));
        _ledger = new Ledger(Path.Combine(_directory.Path, "ledger"));
        var clientData = Path.Combine(_directory.Path, "client");
        _client = await TestClient.StartAsync(clientData, "SLOTS=2", "KILL_GRACE=1", "VALIDATION=off", "SANDBOX=process");
        var database = Path.Combine(_directory.Path, "jobs.sqlite");
        var data = Path.Combine(_directory.Path, "data");
        _server = new Daemon("JobOrchestrator.Server", FreePort.Choose(), new Dictionary<string, string>
        {
            ["AUTH"] = "off",
            ["DB_PATH"] = database,
            ["DATA_PATH"] = data,
            ["CLIENT_LOST_AFTER"] = "2",
            ["SERVICE_EXAMPLE_CLIENTS"] = _client.Address.ToString(),
            ["SERVICE_EXAMPLE_RUNS_PER_USER"] = $"{RunsPerUser}",
            ["SERVICE_EXAMPLE_MAX_RUNS"] = $"{RunsPerUser}",
            ["Logging__LogLevel__Default"] = "Warning",
        });
        _sender = new PersistentSender(_server.Address);
        _checker = new HistoryChecker(database, data, [clientData], _ledger, RunsPerUser, RunsPerUser);
    }

    public async ValueTask DisposeAsync()
    {
        _sender?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
            await _client.DisposeAsync();
        }

        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _limit.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Defect_3_a_job_survives_the_server_s_death_at(string point)
    {
        await _server.StartAsync(_limit.Token, (FaultPoints.Variable, point));
        // Stations that a job passes at once are not noted; these are of one that takes its time.
        var work = point is FaultPoints.DispatchNoted or FaultPoints.RunNoted ? "sleep 0.5" : "true";
        var sending = SendAsync("job", _ledger.Script("job", work));
        await DiesAsync();
        await _server.StartAsync(_limit.Token);
        await sending;
        await SettledAsync();
        await CheckAsync(JobState.Completed);
    }

    [Theory]
    [InlineData(FaultPoints.RetryCommitted)]
    [InlineData(FaultPoints.WriterRan + ":5")]
    public async Task A_job_whose_launcher_is_killed_runs_again_though_the_server_dies_at(string point)
    {
        await _server.StartAsync(_limit.Token, (FaultPoints.Variable, point));
        // Once, it kills its parent, which is the launcher.
        var sending = SendAsync("job", _ledger.Script("job", $"[ -e '{_directory.Path}/once' ] || {{ touch '{_directory.Path}/once'; kill -9 $PPID; sleep 10; }}"));
        await DiesAsync();
        await _server.StartAsync(_limit.Token);
        await sending;
        await SettledAsync();
        await CheckAsync(JobState.Completed);
        Assert.Equal([1, 2], _ledger.Of("job").Started);
    }

    [Fact]
    public async Task A_cancelled_job_ends_though_the_server_dies_before_it_told_the_client()
    {
        await _server.StartAsync(_limit.Token, (FaultPoints.Variable, FaultPoints.CancelCommitted));
        await SendAsync("job", _ledger.Script("job", "sleep 1000"));
        while (_ledger.Of("job").Started.Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _limit.Token);
        }

        _sent[0].Cancelled = true;
        var cancelling = _sender.CancelAsync(_sent[0].Id, _limit.Token);
        await DiesAsync();
        await _server.StartAsync(_limit.Token);
        await cancelling;
        await SettledAsync();
        await CheckAsync(JobState.Killed);
        await Processes.NoneLeftAsync(_ledger.Directory, _limit.Token);
    }

    [Theory]
    [InlineData(FaultPoints.CleanDiscarded)]
    [InlineData(FaultPoints.CleanMarked)]
    [InlineData(FaultPoints.CleanEmptied)]
    [Trait("Category", "Slow")]
    public async Task Files_past_their_retention_go_though_the_server_dies_at(string point)
    {
        await _server.StartAsync(_limit.Token, (FaultPoints.Variable, point), ("MAX_AGE", "1"));
        await SendAsync("job", _ledger.Script("job"));
        await DiesAsync();
        await _server.StartAsync(_limit.Token);
        await SettledAsync();
        await CheckAsync(JobState.Completed);
        await using var database = new JobsDbContext(
            new DbContextOptionsBuilder<JobsDbContext>().UseSqlite($"Data Source={_directory.Path}/jobs.sqlite").Options);
        Assert.NotNull((await database.Jobs.SingleAsync(_limit.Token)).CleanedAt);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_directory.Path, "data", "jobs")));
    }

    private async Task SendAsync(string token, string script) => _sent.Add(new Submitted(
        token, await _sender.SubmitAsync(Form.Job(script), token, _limit.Token), UserId: 1));

    private async Task DiesAsync() => Assert.Equal(KilledBySignal, await _server.ExitAsync(_limit.Token));

    private async Task SettledAsync()
    {
        try
        {
            await _checker.SettledAsync(_limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Not settled:\n{await _checker.DescribeOpenAsync()}\n{_server.Output}");
        }
    }

    private async Task CheckAsync(JobState expected)
    {
        var (violations, summary) = await _checker.CheckAsync(_sent, turnedBack: null, _limit.Token);
        Assert.True(violations.Count == 0, $"{string.Join('\n', violations)}\n{_server.Output}");
        Assert.Equal((1, 1), (summary.Jobs, summary.States.GetValueOrDefault(expected)));
    }
}
