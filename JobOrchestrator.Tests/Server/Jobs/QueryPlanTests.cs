using System.Reflection;
using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Tests.Support;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>No statement of the store looks at more rows than it must, however long the history grows: SQLite's own plans are read.</summary>
public sealed partial class QueryPlanTests
{
    [Fact]
    public async Task No_statement_scans_a_table()
    {
        using var directory = new TemporaryDirectory();
        await using var database = await TestDatabase.CreateAsync(Path.Combine(directory.Path, "jobs.sqlite"));
        var store = new JobStore(database.Writer, database.Contexts, new JobQueue(), database.Metrics, TimeProvider.System);
        await using var connection = await database.OpenAsync();
        await FillAsync(connection);
        var (plans, looked) = (new List<string>(), new List<(string Method, int Statements)>());
        foreach (var (method, call) in Calls(store, TestContext.Current.CancellationToken))
        {
            database.ForgetStatements();
            await call();
            looked.Add((method, database.Statements.Count));
            foreach (var text in database.Statements)
            {
                plans.AddRange((await PlanAsync(connection, text)).Select(step => $"{method}: {step}\n  {text}"));
            }
        }

        Assert.All(looked, l => Assert.True(l.Statements > 0 || l.Method == nameof(JobStore.EnqueueAsync), $"{l.Method} looked for nothing"));

        // The sign of life reads the first row in the order of the table and stops there.
        Assert.DoesNotContain(plans, p => p.Contains(": SCAN ", StringComparison.Ordinal)
            && !p.Contains(": SCAN CONSTANT ROW", StringComparison.Ordinal) && !p.StartsWith("PingAsync", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_method_of_the_store_is_looked_at() => Assert.Equal(
        typeof(JobStore).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => m.ReturnType.IsAssignableTo(typeof(Task))).Select(m => m.Name).Order(StringComparer.Ordinal),
        Calls(null!, TestContext.Current.CancellationToken).Select(c => c.Method).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static List<(string Method, Func<Task> Call)> Calls(JobStore store, CancellationToken cancellation)
    {
        var report = new ExecutionReport { JobId = 1, Attempt = 1, State = ExecutionState.Running, AcceptedAt = default };
        return
        [
            (nameof(JobStore.EnqueueAsync), () => store.EnqueueAsync(new NewJob(1, "example", 0, "key", null))),
            (nameof(JobStore.EnqueueAsync), () => store.EnqueueAsync(
                new NewJob(1, "example", 0, "another key", null) { Idempotency = new Idempotency("anybody", "name", [1]) })),
            (nameof(JobStore.TryClaimAsync), () => store.TryClaimAsync(new QueuedJob(1, "example", 1, 0, default, default, 1), "http://n")),
            (nameof(JobStore.TryAdvanceAsync), () => store.TryAdvanceAsync(1, 1, JobState.Running, 7, report)),
            (nameof(JobStore.TryRetryAsync), () => store.TryRetryAsync(1, 1, EndReason.ClientFailed, "x", default, 3)),
            (nameof(JobStore.TryFinishAsync), () => store.TryFinishAsync(2, 0, new JobEnding(JobState.Failed, EndReason.Exited, "x"))),
            (nameof(JobStore.TryFinishAttemptAsync), () => store.TryFinishAttemptAsync(1, 1, new JobEnding(JobState.Failed, EndReason.Exited, "x"))),
            (nameof(JobStore.CancelAsync), () => store.CancelAsync(1, "x")),
            (nameof(JobStore.AddResultAsync), () => store.AddResultAsync(1, 1)),
            (nameof(JobStore.ReleaseAsync), () => store.ReleaseAsync(1, 1)),
            (nameof(JobStore.OweAsync), () => store.OweAsync(3, 1)),
            (nameof(JobStore.IsCurrentAsync), () => store.IsCurrentAsync(1, 1, cancellation)),
            (nameof(JobStore.SynchroniseAsync), () => store.SynchroniseAsync(1, cancellation)),
            (nameof(JobStore.MarkCleanedAsync), () => store.MarkCleanedAsync(1)),
            (nameof(JobStore.FindAsync), () => store.FindAsync(1, cancellation)),
            (nameof(JobStore.FindByIdempotencyKeyAsync), () => store.FindByIdempotencyKeyAsync("anybody\nname", cancellation)),
            (nameof(JobStore.FindByStagingKeyAsync), () => store.FindByStagingKeyAsync("key", cancellation)),
            (nameof(JobStore.ListAsync), () => store.ListAsync(JobStateTable.Active, cancellation)),
            (nameof(JobStore.ListAsync), () => store.ListAsync([JobState.Queued], cancellation)),
            (nameof(JobStore.ListQueuedBeforeAsync), () => store.ListQueuedBeforeAsync(DateTimeOffset.UnixEpoch, cancellation)),
            (nameof(JobStore.ListQueuedOfServiceAsync), () => store.ListQueuedOfServiceAsync("example", DateTimeOffset.UnixEpoch, cancellation)),
            (nameof(JobStore.ListAttemptsAsync), () => store.ListAttemptsAsync(1, cancellation)),
            (nameof(JobStore.ListUnreleasedAsync), () => store.ListUnreleasedAsync("http://n", cancellation)),
            (nameof(JobStore.ListExpiredAsync), () => store.ListExpiredAsync(DateTimeOffset.UnixEpoch, 10, cancellation)),
            (nameof(JobStore.PingAsync), () => store.PingAsync(cancellation)),
        ];
    }

    /// <summary>A history, so that the planner has something to plan for: 2,000 ended jobs and two that wait.</summary>
    private static async Task FillAsync(SqliteConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2002)
            INSERT INTO Jobs (Id, UserId, Service, Priority, StagingKey, State, Attempt, Client, Reason, Message, QueuedAt, ChangedAt, EndedAt, CleanedAt, HasResult)
            SELECT i, i % 50, 'example', 0, 'filled-' || i, CASE WHEN i <= 2 THEN 1 ELSE 5 END, CASE WHEN i <= 2 THEN 0 ELSE 1 END, 'http://n', 0, '', i, i,
                CASE WHEN i <= 2 THEN NULL ELSE i END, CASE WHEN i <= 2 OR i % 3 = 0 THEN NULL ELSE i END, i > 2 FROM n;
            INSERT INTO Attempts (JobId, Number, Client, ClaimedAt, EndedAt, Reason, Message, Released)
            SELECT Id, 1, 'http://n', 0, 0, 0, '', 1 FROM Jobs WHERE Id > 2;
            """;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<List<string>> PlanAsync(SqliteConnection connection, string text)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + text;
        foreach (var name in Parameter().Matches(text).Select(m => m.Value).Distinct(StringComparer.Ordinal))
        {
            command.Parameters.AddWithValue(name, DBNull.Value);
        }

        var steps = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            steps.Add(reader.GetString(3));
        }

        return steps;
    }

    [GeneratedRegex(@"@\w+")]
    private static partial Regex Parameter();
}
