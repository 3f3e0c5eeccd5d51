using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Tests.Server.Data;

/// <summary>Group commit on a real file.</summary>
public sealed class DatabaseWriterTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestDatabase _database = null!;

    private const long Normal = 1;
    private const long Full = 2;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(Path.Combine(_directory.Path, "jobs.sqlite"));

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Changes_that_gather_while_a_commit_is_under_way_share_the_next_one()
    {
        var gate = new TaskCompletionSource();
        var first = _database.Writer.WriteAsync(async context =>
        {
            await gate.Task;
            return await AddAsync(context, "first");
        });
        var others = Enumerable.Range(0, 500).Select(i => _database.Writer.WriteAsync(context => AddAsync(context, $"job-{i}"))).ToArray();
        var before = _database.Commits;
        gate.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.Equal(501, await CountAsync());

        // The first alone, or with those that had come when it began; then by 256.
        Assert.InRange(_database.Commits - before, 2, 4);
    }

    [Fact]
    public async Task A_commit_waits_for_the_disk_when_one_of_its_changes_must_last()
    {
        Assert.Equal(Full, await _database.Writer.ChangeAsync(SynchronousOf));
        Assert.Equal(Normal, await _database.Writer.ChangeAsync(SynchronousOf, durable: false));
        Assert.Equal(Full, await _database.Writer.ChangeAsync(SynchronousOf));

        // Together with one that must last, and after a failure, when the connection is another one.
        var gate = new TaskCompletionSource();
        var blocker = _database.Writer.WriteAsync(async context =>
        {
            await gate.Task;
            return 0;
        });
        var first = _database.Writer.ChangeAsync(SynchronousOf, durable: false);
        var second = _database.Writer.ChangeAsync(SynchronousOf);
        gate.SetResult();
        await blocker;
        Assert.Equal((Full, Full), (await first, await second));
        Assert.Equal(Normal, await _database.Writer.ChangeAsync(SynchronousOf, durable: false));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => _database.Writer.ChangeAsync<int>(_ => throw new InvalidOperationException("mine"), durable: false));
        Assert.Equal(Full, await _database.Writer.ChangeAsync(SynchronousOf));
    }

    [Fact]
    public async Task Prepared_statements_and_entities_see_each_other_in_one_transaction()
    {
        var (before, after) = await _database.Writer.ChangeAsync(session =>
        {
            var id = session.Jobs.Insert(new Job { Service = "example", StagingKey = "prepared", State = JobState.Queued, QueuedAt = Now, ChangedAt = Now });
            session.Jobs.Claim(new JobAttempt { JobId = id, Number = 1, Client = "http://n", ClaimedAt = Now }, traceParent: null);
            var claimed = session.Context.Jobs.AsNoTracking().Single(j => j.Id == id);
            session.Jobs.Advance(id, 1, JobState.Running, new ExecutionReport { JobId = id, Attempt = 1, State = ExecutionState.Running, AcceptedAt = Now, StartedAt = Now }, Now);
            return (claimed, session.Context.Jobs.AsNoTracking().Single(j => j.Id == id));
        });
        Assert.Equal((JobState.Processing, 1, "http://n", null), (before.State, before.Attempt, before.Client, before.StartedAt));
        Assert.Equal((JobState.Running, Now), (after.State, after.StartedAt));
    }

    [Fact]
    public async Task A_piece_that_fails_fails_alone()
    {
        var gate = new TaskCompletionSource();
        var blocker = _database.Writer.WriteAsync(async context =>
        {
            await gate.Task;
            return await AddAsync(context, "blocker");
        });
        var good = Enumerable.Range(0, 5).Select(i => _database.Writer.WriteAsync(context => AddAsync(context, $"before-{i}"))).ToArray();
        var twice = _database.Writer.WriteAsync(context => AddAsync(context, "before-0")); // the key is taken
        var throws = _database.Writer.WriteAsync<int>(async context =>
        {
            await AddAsync(context, "never");
            throw new InvalidOperationException("mine");
        });
        var more = Enumerable.Range(0, 5).Select(i => _database.Writer.WriteAsync(context => AddAsync(context, $"after-{i}"))).ToArray();
        gate.SetResult();
        await Task.WhenAll([blocker, .. good, .. more]);
        await Assert.ThrowsAsync<DbUpdateException>(() => twice);
        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidOperationException>(() => throws)).Message);
        Assert.Equal(11, await CountAsync());
        Assert.Equal(12, await _database.Writer.WriteAsync(async context =>
        {
            await AddAsync(context, "and it goes on");
            return await context.Jobs.CountAsync();
        }));
    }

    [Fact]
    public async Task What_follows_a_commit_follows_in_the_order_of_the_commits_and_after_them()
    {
        var (order, seen) = (new List<int>(), new List<int>());
        var pieces = Enumerable.Range(0, 300).Select(i => _database.Writer.WriteAsync(
            async context =>
            {
                await AddAsync(context, $"job-{i}");
                return i;
            },
            done =>
            {
                order.Add(done);
                if (done % 100 == 0)
                {
                    using var context = _database.Contexts.CreateDbContext();
                    seen.Add(context.Jobs.Count());
                }
            })).ToArray();
        await Task.WhenAll(pieces);
        Assert.Equal(Enumerable.Range(0, 300), order);
        Assert.True(seen[0] >= 1 && seen[1] >= 101 && seen[2] >= 201, string.Join(' ', seen));
    }

    [Fact]
    public async Task Ending_commits_what_was_handed_in_and_takes_nothing_more()
    {
        var pieces = Enumerable.Range(0, 50).Select(i => _database.Writer.WriteAsync(context => AddAsync(context, $"job-{i}"))).ToArray();
        await _database.Writer.DisposeAsync();
        await Task.WhenAll(pieces);
        Assert.Equal(50, await CountAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _database.Writer.WriteAsync(context => AddAsync(context, "late")));
    }

    private static async Task<int> AddAsync(JobOrchestrator.Server.Data.JobsDbContext context, string key)
    {
        var job = new Job { Service = "example", StagingKey = key, State = JobState.Queued };
        context.Jobs.Add(job);
        await context.SaveChangesAsync(Cancellation);
        return job.Id;
    }

    private async Task<int> CountAsync()
    {
        await using var context = await _database.Contexts.CreateDbContextAsync(Cancellation);
        return await context.Jobs.CountAsync(Cancellation);
    }

    private static long SynchronousOf(WriterSession session) =>
        session.Context.Database.SqlQueryRaw<long>("SELECT synchronous AS Value FROM pragma_synchronous").Single();
}
