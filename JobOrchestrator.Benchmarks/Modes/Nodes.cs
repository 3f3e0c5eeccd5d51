using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>
/// How a real server's cost grows with the client nodes it has and with the users it serves. The nodes are simulated (<see cref="SimulatedNode"/>): they end
/// each job at once, so that what is measured is the server. Each series ends with its exponents (<see cref="Statistics.Exponent"/>).
/// </summary>
internal static class Nodes
{
    private const int Slots = 16;
    private const int NodeUsers = 50;
    private const int Trips = 200;
    private const int Jobs = Throughput.Jobs;
    private const int UserJobs = 1_000;
    private static readonly int[] Crowds = [1, 10, 100, 1_000];
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Until what was compiled anew for the jobs is compiled.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>The jobs of fifty users, on so many nodes.</summary>
    public static async Task NodesAsync(RunContext context)
    {
        if (context.LeavesOut("nodes needs a server that it tells of its own nodes"))
        {
            return;
        }

        var series = new Series(Crowds);
        foreach (var count in Crowds)
        {
            Report.Progress($"{count} client nodes ...");
            await using var nodes = await SimulatedNodes.StartAsync(count, Slots, context.Cancellation);
            await using var system = await StartAsync(context, nodes, count);
            var what = $"{count} client nodes, simulated";
            await RunAsync(context, system, nodes, what, NodeUsers, Jobs, series);
            await Task.Delay(Settling, context.Cancellation);
            var before = system.Server!.Cpu;
            await Task.Delay(Window, context.Cancellation);
            var idle = (system.Server.Cpu - before).Own;
            context.Report.Add(
                $"… {count} nodes, nothing happening: CPU time of the server over {Window.TotalSeconds:0} s",
                Report.Invariant($"{series.Note("idle CPU", idle):0.00} s"),
                Report.Invariant($"resident {series.Note("memory", system.Server.ResidentMiB):0} MiB"));
            var (server, known) = await system.RestartServerAsync(count, context.Cancellation);
            context.Report.Add(
                $"… from server start until all are known to be healthy",
                Report.Invariant($"{series.Note("start", known):0.00} s"),
                Report.Invariant($"the server itself after {server:0.00} s"));
        }

        series.Report(context.Report, "client nodes");
    }

    /// <summary>The jobs of so many users, on one node.</summary>
    public static async Task UsersAsync(RunContext context)
    {
        if (context.LeavesOut("users needs a server without limits for its users"))
        {
            return;
        }

        var series = new Series(Crowds);
        foreach (var users in Crowds)
        {
            Report.Progress($"{users} users ...");
            await using var nodes = await SimulatedNodes.StartAsync(1, Slots, context.Cancellation);
            await using var system = await StartAsync(context, nodes, 1);
            await RunAsync(context, system, nodes, $"{users} users, one simulated node", users, UserJobs, series);
        }

        series.Report(context.Report, "users");
    }

    /// <summary>A server whose limits are out of the way, warm, that knows its nodes.</summary>
    private static async Task<SystemUnderTest> StartAsync(RunContext context, SimulatedNodes nodes, int count)
    {
        var system = await SystemUnderTest.StartAsync(
            context, limit: Math.Max(Jobs, UserJobs), settings: new Dictionary<string, string> { ["METRICS_SCRAPE"] = "true" }, nodes: nodes);
        await system.NodesHealthyAsync(count, context.Cancellation);
        await Throughput.RoundAsync(system.Driver, context.Cancellation);
        return system;
    }

    private static async Task RunAsync(
        RunContext context, SystemUnderTest system, SimulatedNodes nodes, string what, int users, int jobs, Series series)
    {
        var trips = new TripTimes();
        await trips.MeasureAsync(system.Driver, Trips, users, context.Cancellation);
        var start = trips.Sent.Select(s => Stopwatch.GetElapsedTime(s.SentAt, nodes.ArrivedAt(s.Job)).TotalMilliseconds).Median();
        context.Report.Add(
            $"{what}: submit",
            Report.Invariant($"p50 {series.Note("submit", trips.Submit.Median()):0.00} ms"),
            Report.Invariant($"on a node after {series.Note("time to start", start):0.0} ms; trivial job {series.Note("trivial job", trips.Whole.Median()):0.0} ms"));

        var passes = await PassClock.ReadAsync(system.Address, context.Cancellation);
        var meter = CostMeter.Start(system);
        var (seconds, rounds) = (new List<double>(), Math.Max(1, context.Rounds));
        for (var round = 0; round < rounds; round++)
        {
            seconds.Add(await Throughput.RoundAsync(system.Driver, context.Cancellation, jobs: jobs, users: users));
        }

        var cost = meter.PerJob(jobs * rounds).Server;
        var pass = (await PassClock.ReadAsync(system.Address, context.Cancellation)).MillisecondsSince(passes);
        series.Note("time per job", seconds.Median() / jobs);
        context.Report.Add(
            $"… {jobs} trivial jobs of {users} users, 8 connections",
            Report.Invariant($"{jobs / seconds.Median():0} jobs/s"),
            Report.Invariant($"server {series.Note("CPU per job", cost):0.0} ms CPU per job, scheduling pass {series.Note("scheduling pass", pass):0.00} ms, peak {series.Note("peak memory", system.Server!.PeakMiB):0} MiB"));
    }

    /// <summary>Figures of one kind for each size, in the order in which they come.</summary>
    private sealed class Series(int[] sizes)
    {
        private readonly Dictionary<string, List<double>> _figures = [];

        public double Note(string name, double figure)
        {
            if (!_figures.TryGetValue(name, out var figures))
            {
                _figures[name] = figures = [];
            }

            figures.Add(figure);
            return figure;
        }

        public void Report(Report report, string what) => report.Add(
            $"… grows with {what}: exponents",
            string.Join(", ", _figures.Select(f => Benchmarks.Report.Invariant($"{f.Key} {Statistics.Exponent(sizes, f.Value):0.00}"))));
    }
}
