using System.Net;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>No state lasts for ever, whatever a client claims, and each end says why.</summary>
public sealed class DeadlineTests : IAsyncLifetime
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly TemporaryDirectory _directory = new();
    private readonly ShiftedClock _clock = new();
    private StubbornClientDouble _node = null!;
    private TestServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _node = await StubbornClientDouble.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _node.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_job_that_a_client_never_starts_goes_round_again_and_fails_when_its_attempts_are_used_up()
    {
        await StartAsync("START_DEADLINE=600");
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await SubmittedAsync(attempt);
            await _server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Submitted);
            _clock.Advance(TimeSpan.FromSeconds(601));
        }

        var end = await _server.Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Failed, end.Status);
        Assert.Contains("Given up after 3 attempts", end.Message, StringComparison.Ordinal);
        Assert.Contains("had not started it after 600 s", end.Message, StringComparison.Ordinal);
        Assert.All(await AttemptsAsync(id), a => Assert.Equal(EndReason.DeadlineExceeded, a.Reason));
        await KilledAsync(id, attempt: 3);
    }

    [Fact]
    public async Task A_job_that_runs_past_its_limit_while_its_client_does_nothing_about_it_is_ended()
    {
        _node.InitialState = ExecutionState.Running;
        await StartAsync("SERVICE_EXAMPLE_TIME_LIMIT=30");
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        await _server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        _clock.Advance(TimeSpan.FromSeconds(80)); // within what a client is given to say so
        await PassesAsync();
        Assert.Equal(ClassicStatus.Running, (await _server.Http.StatusAsync(id)).Status);
        _clock.Advance(TimeSpan.FromSeconds(20));
        var end = await _server.Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Failed, end.Status);
        Assert.StartsWith("It ran longer than its limit of 30 s", end.Message, StringComparison.Ordinal);
        Assert.Equal(EndReason.TimedOut, Assert.Single(await AttemptsAsync(id)).Reason);
        await KilledAsync(id, attempt: 1);
    }

    [Fact]
    public async Task A_job_without_a_limit_has_one_all_the_same()
    {
        _node.InitialState = ExecutionState.Running;
        await StartAsync("RUN_DEADLINE=3600");
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        await _server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        _clock.Advance(TimeSpan.FromSeconds(3700));
        var end = await _server.Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Failed, end.Status);
        Assert.Contains("RUN_DEADLINE", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_asked_about_all_of_its_jobs_at_once_and_alone_about_one_it_does_not_name()
    {
        _node.InitialState = ExecutionState.Running;
        await StartAsync();
        var ids = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await _server.Http.SubmitAsync(Form.Job("true")));
            await _server.Http.UntilAsync(ids[i], s => s.Status == ClassicStatus.Running);
        }

        _clock.Advance(TimeSpan.FromSeconds(30));
        int before;
        do
        {
            before = _node.Asked; // the server's own passes may have found one of them due before the others
            await PassesAsync();
        }
        while (_node.Asked > before);

        _node.Forget(ids[1], 1);
        await PassesAsync();
        Assert.True(_node.Asked > before);
        Assert.Equal(EndReason.ClientRestarted, Assert.Single(await AttemptsAsync(ids[1]), a => a.Number == 1).Reason);
        Assert.Equal(ClassicStatus.Running, (await _server.Http.StatusAsync(ids[0])).Status);
        Assert.Equal(ClassicStatus.Running, (await _server.Http.StatusAsync(ids[2])).Status);
    }

    [Fact]
    public async Task A_job_that_waits_too_long_for_a_client_is_given_up()
    {
        await StartAsync("QUEUE_DEADLINE=600", "SERVICE_EXAMPLE_MAX_RUNS=1");
        await _server.Http.SubmitAsync(Form.Job("true"));
        var waiting = await _server.Http.SubmitAsync(Form.Job("true"));
        await SubmittedAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(601));
        var end = await _server.Http.EndAsync(waiting);
        Assert.Equal((ClassicStatus.Failed, "It waited longer than 600 s for a client node."), (end.Status, end.Message));
    }

    [Fact]
    public async Task Jobs_of_a_service_that_is_gone_wait_for_its_return_and_then_fail()
    {
        await StartAsync("SERVICE_OTHER_CLIENTS=http://127.0.0.1:1");
        var id = await _server.Http.SubmitAsync(Form.Job("true", service: "other"));
        _clock.Advance(TimeSpan.FromDays(1)); // that it has waited long says nothing about how long the service has been gone
        await _server.DisposeAsync();
        await StartAsync("REMOVED_SERVICE_GRACE=3600");
        await PassesAsync();
        Assert.Equal(ClassicStatus.Queued, (await _server.Http.StatusAsync(id)).Status);
        _clock.Advance(TimeSpan.FromSeconds(3601));
        var end = await _server.Http.EndAsync(id);
        Assert.Equal((ClassicStatus.Failed, "Its service 'other' is no longer configured."), (end.Status, end.Message));
    }

    [Fact]
    public async Task A_client_whose_disk_is_full_rests_and_the_job_waits_instead_of_spending_its_attempts()
    {
        _node.Refusal = (int)HttpStatusCode.InsufficientStorage;
        await StartAsync();
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        await SubmittedAsync(1);
        await _server.Http.UntilAsync(id, s => s.Message.StartsWith("Attempt 1 failed", StringComparison.Ordinal));
        _clock.Advance(TimeSpan.FromSeconds(10)); // past the back-off, not past the rest
        await PassesAsync();
        Assert.Single(_node.Submitted);
        Assert.Equal((EndReason.DiskFull, true), (await AttemptsAsync(id) is [var first] ? (first.Reason, first.Released) : default));
        _node.Refusal = null;
        _clock.Advance(TimeSpan.FromSeconds(30));
        await SubmittedAsync(2);
    }

    [Fact]
    public async Task Defect_11_a_cancel_is_answered_though_the_client_hangs_and_holds_though_its_caller_hung_up()
    {
        _node.InitialState = ExecutionState.Running;
        _node.HangsAt = "/kill";
        await StartAsync();
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        await _server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        using (var impatient = new HttpClient { BaseAddress = _server.Address, Timeout = TimeSpan.FromMilliseconds(300) })
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.PostAsync($"/terminate/{id}", null, Cancellation));
        }

        await _server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Killed);
        var (code, body) = await _server.Http.TerminateAsync(id);
        Assert.Equal((HttpStatusCode.OK, ClassicStatus.Killed), (code, body.Status));
        _node.HangsAt = null;
        await KilledAsync(id, attempt: 1); // what could not be told is owed
    }

    [Fact]
    public async Task Defect_6_one_result_that_does_not_come_holds_up_nobody_elses()
    {
        _node.InitialState = ExecutionState.Completed;
        _node.HangsAt = "/result";
        await using var other = await TestClient.StartAsync(Path.Combine(_directory.Path, "other"), "SLOTS=1");
        await StartAsync($"SERVICE_OTHER_CLIENTS={other.Address}");
        var hanging = await _server.Http.SubmitAsync(Form.Job("true"));
        await SubmittedAsync(1);
        Assert.Equal(ClassicStatus.Completed, (await _server.Http.EndAsync(await _server.Http.SubmitAsync(Form.Job("true", service: "other")))).Status);
        Assert.Contains((await _server.Http.StatusAsync(hanging)).Status, (ClassicStatus[])[ClassicStatus.Submitted, ClassicStatus.Running, ClassicStatus.Processing]);
    }

    [Fact]
    public async Task A_late_report_of_an_attempt_that_was_given_up_changes_nothing()
    {
        await StartAsync("START_DEADLINE=600");
        var id = await _server.Http.SubmitAsync(Form.Job("true"));
        await SubmittedAsync(1);
        await _server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Submitted);
        _clock.Advance(TimeSpan.FromSeconds(601));
        await _server.Http.UntilAsync(id, s => s.Message.StartsWith("Attempt 1 failed", StringComparison.Ordinal) || s.Status == ClassicStatus.Submitted && _node.Submitted.Count > 1);
        // The fence had it killed, and now it says so: that is no cancellation of the job.
        _node.Set(id, 1, ExecutionState.Killed);
        while (_node.Submitted.Count < 2)
        {
            _clock.Advance(TimeSpan.FromSeconds(1)); // the back-off passes
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        while (!(await AttemptsAsync(id))[0].Released)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        Assert.Contains((await _server.Http.StatusAsync(id)).Status, (ClassicStatus[])[ClassicStatus.Submitted, ClassicStatus.Processing]);
    }

    private async Task StartAsync(params string[] settings) => _server = await TestServer.StartAsync(
        _directory.Path, [$"SERVICE_EXAMPLE_CLIENTS={_node.Address}", "CLIENT_LOST_AFTER=2", "TRANSFER_STANDSTILL=600", "STOP_GRACE=1", .. settings], _clock);

    private async Task SubmittedAsync(int count)
    {
        while (_node.Submitted.Count < count)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    private async Task KilledAsync(int id, int attempt)
    {
        while (!_node.Killed.Contains((id, attempt)))
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Lets the safety net look twice.</summary>
    private async Task PassesAsync()
    {
        var rescuer = _server.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<JobOrchestrator.Server.Results.LostJobRescuer>().Single();
        await rescuer.RunOnceAsync(Cancellation);
        await rescuer.RunOnceAsync(Cancellation);
    }

    private Task<List<JobAttempt>> AttemptsAsync(int id) => _server.Get<JobStore>().ListAttemptsAsync(id, Cancellation);
}
