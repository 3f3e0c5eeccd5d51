using JobOrchestrator.Benchmarks.Driver;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>What a long life costs: the same work with and without a million ended jobs in the database.</summary>
internal static class History
{
    public const int Ended = 1_000_000;
    private const int Submissions = 300;

    /// <summary>Completed jobs of 1,000 users and their one attempt each, ended within the last day; 5 is Completed.</summary>
    public const string FillSql = """
        BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @jobs)
        INSERT INTO Jobs (UserId, Service, Priority, StagingKey, State, Attempt, Client, Reason, Message, ExitCode, QueuedAt, ChangedAt, StartedAt, EndedAt, HasResult)
        SELECT i % 1000, 'example', 0, 'filled-' || i, 5, 1, 'http://127.0.0.1:1', 0, '', 0, @now - i, @now - i, @now - i, @now - i, 1 FROM n;
        INSERT INTO Attempts (JobId, Number, Client, ClaimedAt, EndedAt, Reason, Message, Released)
        SELECT Id, 1, Client, QueuedAt, EndedAt, 0, '', 1 FROM Jobs WHERE StagingKey LIKE 'filled-%';
        COMMIT;
        """;

    public static async Task MeasureAsync(RunContext context)
    {
        if (context.LeavesOut("history needs a database of its own"))
        {
            return;
        }

        await using var empty = await SystemUnderTest.StartAsync(context);
        Report.Progress($"Filling a database with {Ended} ended jobs ...");
        await using var full = await SystemUnderTest.StartAsync(context, prepare: FillAsync);
        var (before, after) = (new TripTimes(), new TripTimes());
        for (var round = 0; round < context.Rounds; round++)
        {
            await before.MeasureAsync(empty.Driver, Submissions, users: 1, context.Cancellation);
            await after.MeasureAsync(full.Driver, Submissions, users: 1, context.Cancellation);
        }

        context.Report.Add(
            $"submit latency with {Ended} ended jobs in the database",
            Report.Invariant($"p50 {after.Submit.Median():0.00} ms"),
            Report.Invariant($"without them {before.Submit.Median():0.00} ms: {after.Submit.Median() / before.Submit.Median():0.00} times"));
        context.Report.Add(
            "… trivial job",
            Report.Invariant($"p50 {after.Whole.Median():0.0} ms"),
            Report.Invariant($"without them {before.Whole.Median():0.0} ms: {after.Whole.Median() / before.Whole.Median():0.00} times"));
    }

    public static Task FillAsync(string database) => FillAsync(database, Ended);

    public static async Task FillAsync(string database, int jobs)
    {
        await using var connection = new SqliteConnection($"Data Source={database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = FillSql;
        command.Parameters.AddWithValue("@jobs", jobs);
        command.Parameters.AddWithValue("@now", DateTimeOffset.UtcNow.UtcTicks);
        await command.ExecuteNonQueryAsync();
    }
}
