using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>The one writer of jobs, on a real file: compare-and-set by state and attempt, and what the queue in memory learns of it.</summary>
public sealed class JobStoreTests : IAsyncLifetime
{
    private const string Node = "http://node:9000";

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly JobQueue _queue = new();
    private TestDatabase _database = null!;
    private JobStore _store = null!;
    private int _keys;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Path.Combine(_directory.Path, "jobs.sqlite"));
        _store = new JobStore(_database.Writer, _database.Contexts, _queue, _database.Metrics, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Every pair of states: a change happens if and only if the table has a row for it.</summary>
    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach (var from in Enum.GetNames<JobState>())
        {
            foreach (var to in Enum.GetNames<JobState>())
            {
                pairs.Add(from, to);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_state_changes_by_a_row_of_the_table_or_not_at_all(string fromName, string toName)
    {
        var (from, to) = (Enum.Parse<JobState>(fromName), Enum.Parse<JobState>(toName));
        var job = await InStateAsync(from);
        var allowed = JobStateTable.Transitions.Any(t => (t.From, t.To) == (from, to));
        Assert.Equal(allowed, await ChangeAsync(job, to));
        var after = await FindAsync(job.Id);
        Assert.Equal(allowed ? to : from, after.State);
        Assert.Equal(after.State.IsTerminal(), after.EndedAt is not null);
    }

    [Fact]
    public async Task An_acknowledged_job_has_all_that_was_said_of_it()
    {
        var enqueued = await _store.EnqueueAsync(new NewJob(-3, "example", 2, "key", "trace"));
        var job = await FindAsync(enqueued.Id);
        Assert.Equal(
            (-3, "example", 2, "key", "trace", JobState.Queued, 0, _clock.GetUtcNow(), _clock.GetUtcNow()),
            (job.UserId, job.Service, job.Priority, job.StagingKey, job.TraceParent, job.State, job.Attempt, job.QueuedAt, job.ChangedAt));
        Assert.Equal(job.Id, (await _store.FindByStagingKeyAsync("key", Cancellation))!.Id);
        Assert.Null(await _store.FindByStagingKeyAsync("another", Cancellation));
        Assert.Equal(0, Depth().Waiting); // not before its files are in their place
        _store.Admit(enqueued, reserved: false);
        Assert.Equal(1, Depth().Waiting);
    }

    [Fact]
    public async Task Of_many_claims_of_one_job_one_succeeds_and_the_others_are_told_no()
    {
        var job = await QueuedAsync();
        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _store.TryClaimAsync(JobStore.ToQueued(job), $"{Node}{i}")));
        Assert.Single(claims, won => won);
        var after = await FindAsync(job.Id);
        var attempt = Assert.Single(await _store.ListAttemptsAsync(job.Id, Cancellation));
        Assert.Equal((JobState.Processing, 1, $"{Node}{Array.IndexOf(claims, true)}"), (after.State, after.Attempt, after.Client));
        Assert.Equal((1, after.Client, false), (attempt.Number, attempt.Client, attempt.Released));
        Assert.Equal((0, 1), (Depth().Waiting, Depth().Running));
    }

    [Fact]
    public async Task A_claim_and_a_cancellation_at_once_leave_one_story()
    {
        for (var round = 0; round < 30; round++)
        {
            var job = await QueuedAsync();
            var claim = _store.TryClaimAsync(JobStore.ToQueued(job), Node);
            var cancel = _store.CancelAsync(job.Id, "Cancelled by request");
            await Task.WhenAll(claim, cancel);
            var after = await FindAsync(job.Id);
            Assert.Equal((JobState.Killed, true), (after.State, (await cancel).Changed));
            Assert.Equal(await claim ? 1 : 0, (await _store.ListAttemptsAsync(job.Id, Cancellation)).Count);
        }

        Assert.Equal((0, 0), (Depth().Waiting, Depth().Running));
    }

    [Fact]
    public async Task The_attempt_number_fences_off_whatever_comes_late()
    {
        var job = await InStateAsync(JobState.Running);
        Assert.Equal(JobState.Queued, await _store.TryRetryAsync(job.Id, 1, EndReason.ClientUnreachable, "gone", _clock.GetUtcNow(), 3));
        Assert.True(await _store.TryClaimAsync(JobStore.ToQueued(await FindAsync(job.Id)), "http://other:9000"));
        var before = await FindAsync(job.Id);

        Assert.False(await _store.TryAdvanceAsync(job.Id, 1, JobState.Running, classicId: null, Report(job.Id, 1)));
        Assert.False(await _store.TryFinishAsync(job.Id, 1, new JobEnding(JobState.Completed, EndReason.Exited, "") { HasResult = true }));
        Assert.Null(await _store.TryRetryAsync(job.Id, 1, EndReason.ClientUnreachable, "again", _clock.GetUtcNow(), 3));
        Assert.Null(await _store.TryRetryAsync(job.Id, 1, EndReason.ClientUnreachable, "for good", _clock.GetUtcNow(), 1));
        Assert.False(await _store.AddResultAsync(job.Id, 1));

        Assert.Equivalent(before, await FindAsync(job.Id), strict: true);
        Assert.Equal((0, 1), (Depth().Waiting, Depth().Running));
        Assert.True(await _store.TryFinishAsync(job.Id, 2, new JobEnding(JobState.Completed, EndReason.Exited, "") { HasResult = true }));
    }

    [Fact]
    public async Task An_attempt_that_is_not_the_next_one_claims_nothing()
    {
        var job = await QueuedAsync();
        Assert.False(await _store.TryClaimAsync(JobStore.ToQueued(job) with { Attempt = 2 }, Node));
        Assert.Equal((JobState.Queued, 0), ((await FindAsync(job.Id)).State, (await FindAsync(job.Id)).Attempt));
        Assert.Equal(1, Depth().Waiting);
    }

    [Fact]
    public async Task A_job_that_does_not_exist_is_nobodys_exception()
    {
        Assert.False(await _store.TryClaimAsync(new QueuedJob(77, "example", 1, 0, default, default, 1), Node));
        Assert.False(await _store.TryAdvanceAsync(77, 1, JobState.Running, 5, Report(77, 1)));
        Assert.False(await _store.TryFinishAsync(77, 1, new JobEnding(JobState.Completed, EndReason.Exited, "")));
        Assert.Null(await _store.TryRetryAsync(77, 1, EndReason.ClientFailed, "x", default, 3));
        Assert.Equal(new CancelResult(null, false), await _store.CancelAsync(77, "x"));
        Assert.False(await _store.AddResultAsync(77, 1));
        Assert.False(await _store.ReleaseAsync(77, 1));
        Assert.False(await _store.MarkCleanedAsync(77));
        Assert.Null(await _store.FindAsync(77, Cancellation));
        Assert.Empty(await _store.ListAttemptsAsync(77, Cancellation));
    }

    [Fact]
    public async Task Retries_are_counted_recorded_and_end_with_the_last_reason()
    {
        var job = await QueuedAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.True(await _store.TryClaimAsync(JobStore.ToQueued(await FindAsync(job.Id)), $"{Node}{attempt}"));
            var notBefore = _clock.GetUtcNow() + TimeSpan.FromSeconds(attempt);
            Assert.Equal(
                attempt == 3 ? JobState.Failed : JobState.Queued,
                await _store.TryRetryAsync(job.Id, attempt, EndReason.ClientUnreachable, $"reason {attempt}", notBefore, maxAttempts: 3));
            Assert.Equal((attempt == 3 ? 0 : 1, 0), (Depth().Waiting, Depth().Running));
            if (attempt < 3)
            {
                var waiting = await FindAsync(job.Id);
                Assert.Equal((notBefore, $"Attempt {attempt} failed and will be repeated: reason {attempt}"), (waiting.NotBefore, waiting.Message));
                Assert.Equal(job.QueuedAt, waiting.QueuedAt); // it keeps its place
            }
        }

        var end = await FindAsync(job.Id);
        Assert.Equal((JobState.Failed, EndReason.ClientUnreachable), (end.State, end.Reason));
        Assert.Equal("Given up after 3 attempts. The last one: reason 3", end.Message);
        var attempts = await _store.ListAttemptsAsync(job.Id, Cancellation);
        Assert.Equal([$"{Node}1", $"{Node}2", $"{Node}3"], attempts.Select(a => a.Client));
        Assert.All(attempts, a => Assert.NotNull(a.EndedAt));
    }

    [Fact]
    public async Task The_number_a_classic_client_gave_is_kept_even_when_the_state_has_gone_on()
    {
        var job = await InStateAsync(JobState.Running);
        Assert.False(await _store.TryAdvanceAsync(job.Id, 1, JobState.Submitted, classicId: 4711, Report(job.Id, 1)));
        Assert.Equal((JobState.Running, (int?)4711), ((await FindAsync(job.Id)).State, (await FindAsync(job.Id)).ClassicId));
        Assert.Equal(4711, (await _store.ListAttemptsAsync(job.Id, Cancellation))[0].ClassicId);
    }

    [Fact]
    public async Task What_is_owed_to_a_node_is_listed_until_it_is_released()
    {
        var job = await InStateAsync(JobState.Running);
        Assert.Empty(await _store.ListUnreleasedAsync(Node, Cancellation)); // it still counts
        await _store.CancelAsync(job.Id, "Cancelled by request");
        Assert.Equal(job.Id, Assert.Single(await _store.ListUnreleasedAsync(Node, Cancellation)).JobId);
        Assert.Empty(await _store.ListUnreleasedAsync("http://other:9000", Cancellation));
        Assert.True(await _store.ReleaseAsync(job.Id, 1));
        Assert.False(await _store.ReleaseAsync(job.Id, 1));
        Assert.Empty(await _store.ListUnreleasedAsync(Node, Cancellation));
    }

    [Fact]
    public async Task Retention_goes_by_the_end_oldest_first_and_never_takes_a_live_job()
    {
        var live = await InStateAsync(JobState.Running);
        _clock.Advance(TimeSpan.FromHours(1));
        var first = await InStateAsync(JobState.Completed);
        _clock.Advance(TimeSpan.FromHours(1));
        var second = await InStateAsync(JobState.Failed);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([first.Id, second.Id], await _store.ListExpiredAsync(_clock.GetUtcNow(), 10, Cancellation));
        Assert.Equal([first.Id], await _store.ListExpiredAsync(_clock.GetUtcNow(), 1, Cancellation));
        Assert.Equal([first.Id], await _store.ListExpiredAsync(_clock.GetUtcNow() - TimeSpan.FromMinutes(90), 10, Cancellation));
        Assert.False(await _store.MarkCleanedAsync(live.Id));
        Assert.True(await _store.MarkCleanedAsync(first.Id));
        Assert.False(await _store.MarkCleanedAsync(first.Id));
        Assert.Equal([second.Id], await _store.ListExpiredAsync(_clock.GetUtcNow(), 10, Cancellation));
        Assert.Equal(JobState.Completed, (await FindAsync(first.Id)).State); // cleaned is a flag beside its end
        Assert.False(await _store.AddResultAsync(first.Id, 1)); // too late
    }

    [Fact]
    public async Task Waiting_jobs_are_found_by_how_long_they_wait_and_by_service()
    {
        var old = await QueuedAsync("one");
        _clock.Advance(TimeSpan.FromMinutes(10));
        var young = await QueuedAsync("two");
        var middle = _clock.GetUtcNow() - TimeSpan.FromMinutes(5);
        Assert.Equal([old.Id], (await _store.ListQueuedBeforeAsync(middle, Cancellation)).Select(j => j.Id));
        Assert.Equal([old.Id, young.Id], (await _store.ListAsync([JobState.Queued], Cancellation)).Select(j => j.Id));
        Assert.Empty(await _store.ListQueuedOfServiceAsync("two", middle, Cancellation));
        Assert.Equal([old.Id], (await _store.ListQueuedOfServiceAsync("one", middle, Cancellation)).Select(j => j.Id));
    }

    [Fact]
    public async Task An_id_is_never_given_twice()
    {
        var last = await QueuedAsync();
        await using (var context = await _database.Contexts.CreateDbContextAsync(Cancellation))
        {
            await context.Jobs.Where(j => j.Id == last.Id).ExecuteDeleteAsync(Cancellation);
        }

        Assert.Equal(last.Id + 1, (await QueuedAsync()).Id);
    }

    /// <summary>All changes at random, many at once, against the same few jobs: at the end the queue knows what the database says.</summary>
    [Fact]
    public async Task The_queue_in_memory_follows_the_database_through_any_storm()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        var jobs = new List<Job>();
        for (var i = 0; i < 8; i++)
        {
            jobs.Add(await QueuedAsync());
        }

        for (var round = 0; round < 40; round++)
        {
            var now = await Task.WhenAll(jobs.Select(j => FindAsync(j.Id)));
            await Task.WhenAll(Enumerable.Range(0, 30).Select(_ =>
            {
                var job = now[random.Next(now.Length)];
                var attempt = Math.Max(0, job.Attempt - random.Next(2));
                return random.Next(20) switch
                {
                    < 8 => (Task)_store.TryClaimAsync(JobStore.ToQueued(job), Node),
                    < 12 => _store.TryRetryAsync(job.Id, attempt, EndReason.ClientFailed, "x", _clock.GetUtcNow(), maxAttempts: 1000),
                    < 17 => _store.TryAdvanceAsync(job.Id, attempt, random.Next(2) == 0 ? JobState.Submitted : JobState.Running, null, Report(job.Id, attempt)),
                    17 => _store.CancelAsync(job.Id, "x"),
                    _ => round % 10 == 0 ? _store.TryFinishAsync(job.Id, attempt, new JobEnding(JobState.Failed, EndReason.Exited, "x")) : Task.CompletedTask,
                };
            }));
        }

        var end = await Task.WhenAll(jobs.Select(j => FindAsync(j.Id)));
        var expected = (end.Count(j => j.State == JobState.Queued), end.Count(j => JobStateTable.Active.Contains(j.State)));
        Assert.True(expected == (Depth().Waiting, Depth().Running), $"seed {seed}: {expected} in the database, {Depth()} in the queue");
        foreach (var job in end)
        {
            var attempts = await _store.ListAttemptsAsync(job.Id, Cancellation);
            Assert.Equal(Enumerable.Range(1, job.Attempt), attempts.Select(a => a.Number)); // each on record, none twice
            Assert.Equal(JobStateTable.Active.Contains(job.State) ? 1 : 0, attempts.Count(a => a.EndedAt is null));
        }
    }

    private static ExecutionReport Report(int jobId, int attempt) =>
        new() { JobId = jobId, Attempt = attempt, State = ExecutionState.Running, AcceptedAt = default };

    private async Task<Job> FindAsync(int id) => (await _store.FindAsync(id, Cancellation))!;

    private async Task<Job> QueuedAsync(string service = "example")
    {
        var job = await _store.EnqueueAsync(new NewJob(1, service, 0, $"key-{++_keys}", null));
        _store.Admit(job, reserved: false);
        return job;
    }

    /// <summary>A job brought to a state by the ways there are.</summary>
    private async Task<Job> InStateAsync(JobState state)
    {
        var job = await QueuedAsync();
        if (state != JobState.Queued)
        {
            Assert.True(await _store.TryClaimAsync(JobStore.ToQueued(job), Node));
            Assert.True(state == JobState.Processing || await ChangeAsync(await FindAsync(job.Id), state));
        }

        return await FindAsync(job.Id);
    }

    private async Task<bool> ChangeAsync(Job job, JobState to) => to switch
    {
        JobState.Queued => await _store.TryRetryAsync(job.Id, job.Attempt, EndReason.ClientFailed, "x", _clock.GetUtcNow(), 100) is not null,
        JobState.Processing => await _store.TryClaimAsync(JobStore.ToQueued(job), Node),
        JobState.Submitted or JobState.Running => await _store.TryAdvanceAsync(job.Id, job.Attempt, to, null, Report(job.Id, job.Attempt)),
        JobState.Killed => (await _store.CancelAsync(job.Id, "x")).Changed,
        _ => await _store.TryFinishAsync(job.Id, job.Attempt, new JobEnding(to, EndReason.Exited, "x")),
    };

    private (int Waiting, int Running) Depth() => (_queue.Depth().Sum(d => d.Waiting), _queue.Depth().Sum(d => d.Running));
}
