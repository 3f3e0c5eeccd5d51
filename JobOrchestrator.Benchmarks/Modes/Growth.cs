using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>
/// How cost grows with what there is: ended jobs, waiting jobs, client nodes, users. Each series ends with its exponent (<see cref="Statistics.Exponent"/>).
/// </summary>
internal static class Growth
{
    private const int Submissions = 200;
    private const string Parked = "parked";
    private static readonly int[] Histories = [10, 1_000, 100_000, 1_000_000];
    private static readonly int[] Crowds = [1, 10, 100, 1_000];

    public static async Task MeasureAsync(RunContext context)
    {
        if (context.Url is null)
        {
            await DatabaseAsync(context, "ended", JobState.Completed);
            await DatabaseAsync(context, "waiting", JobState.Queued);
        }

        await PlansAsync(context);
    }

    /// <summary>The pure decision; no process is started for it.</summary>
    public static Task PlansAsync(RunContext context)
    {
        Plans(context, "waiting jobs (100 users, 100 nodes)", Histories, jobs => (jobs, 100, 100));
        Plans(context, "client nodes (100 users, 10,000 waiting jobs)", Crowds, nodes => (10_000, 100, nodes));
        Plans(context, "users (100 nodes, 10,000 waiting jobs)", Crowds, users => (10_000, users, 100));
        return Task.CompletedTask;
    }

    /// <summary>Submission and a whole job, over HTTP, beside so many jobs in the database. Those that wait do so for a service whose node is not there.</summary>
    private static async Task DatabaseAsync(RunContext context, string what, JobState state)
    {
        var (submits, trips) = (new List<double>(), new List<double>());
        foreach (var size in Histories)
        {
            Report.Progress($"A database with {size} {what} jobs ...");
            await using var system = await SystemUnderTest.StartAsync(
                context, prepare: path => FillAsync(path, size, state), parked: state == JobState.Queued ? Parked : null);
            var meter = CostMeter.Start(system);
            var times = new TripTimes();
            await times.MeasureAsync(system.Driver, Submissions, users: 1, context.Cancellation);
            var (submit, trip) = (times.Submit.Median(), times.Whole.Median());
            submits.Add(submit);
            trips.Add(trip);
            context.Report.Add(
                Report.Invariant($"{size} {what} jobs in the database: submit"),
                Report.Invariant($"p50 {submit:0.00} ms; trivial job {trip:0.0} ms"),
                Report.Invariant($"server {system.Server!.ResidentMiB:0} MiB, {meter.PerJob(Submissions).Server:0.0} ms CPU per job"));
        }

        context.Report.Add($"… grows with {what} jobs", Exponent(Histories, submits), $"trivial job: {Exponent(Histories, trips)}");
    }

    private static void Plans(RunContext context, string what, int[] sizes, Func<int, (int Jobs, int Users, int Nodes)> shape)
    {
        var medians = new List<double>();
        foreach (var size in sizes)
        {
            var (jobs, users, nodes) = shape(size);
            var times = PlanTimes(jobs, users, nodes, context);
            medians.Add(times.Median());
            context.Report.Add(Report.Invariant($"plan, {size} {what}"), Report.Invariant($"p50 {times.Median():0.000} ms, p99 {times.Quantile(0.99):0.000} ms"));
        }

        context.Report.Add($"… grows with {what}", Exponent(sizes, medians));
    }

    /// <summary>Plans with one free slot on every other node.</summary>
    private static List<double> PlanTimes(int jobs, int users, int nodes, RunContext context)
    {
        var input = new PlanInput(jobs, users, Enumerable.Range(0, nodes).Select(n => (2, 1 + (n % 2))));
        var times = new List<double>();
        for (var i = 0; i < 150 * context.Rounds; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            input.Plan(new LeastLoadedSelector());
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times[(times.Count / 3)..]; // the first are compiled meanwhile
    }

    private static string Exponent(int[] sizes, List<double> figures) => Report.Invariant($"exponent {Statistics.Exponent(sizes, figures):0.00}");

    private static async Task FillAsync(string database, int jobs, JobState state)
    {
        await using var connection = new SqliteConnection($"Data Source={database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = state == JobState.Queued ? WaitingSql : History.FillSql;
        command.Parameters.AddWithValue("@jobs", jobs);
        command.Parameters.AddWithValue("@now", DateTimeOffset.UtcNow.UtcTicks);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Jobs of 1,000 users that wait for a node.</summary>
    private static readonly string WaitingSql = $"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @jobs)
        INSERT INTO Jobs (UserId, Service, Priority, StagingKey, State, Attempt, Reason, Message, QueuedAt, ChangedAt, HasResult)
        SELECT i % 1000, '{Parked}', 0, 'filled-' || i, {(int)JobState.Queued}, 0, 0, '', @now - i, @now - i, 0 FROM n;
        """;
}
