using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>A crowd of users with trivial jobs.</summary>
internal static class Throughput
{
    public const int Jobs = 500;
    private const int Users = 50;
    private const int Connections = 8;

    /// <summary>Between two looks at a job that is not done: long beside what a job takes, short beside the whole run.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static async Task MeasureAsync(RunContext context)
    {
        await MeasureAsync(context, Jobs, $"limits at {Jobs}", Goal.Throughput);
        if (context.Url is null)
        {
            await MeasureAsync(context, null, "limits at their defaults", Goal.ThroughputAtDefaults);
        }
    }

    private static async Task MeasureAsync(RunContext context, int? limit, string condition, Goal goal)
    {
        await using var system = await SystemUnderTest.StartAsync(context, limit);
        var (ours, bare) = (new List<double>(), new List<double>());
        var meter = CostMeter.Start(system);
        JobCost? cost = null;
        for (var round = 0; round < context.Rounds; round++)
        {
            ours.Add(Jobs / await RoundAsync(system.Driver, context.Cancellation));
            cost = meter.PerJob(Jobs * (round + 1));
            bare.Add(Jobs / await Shell.SecondsAsync($"seq {Jobs} | xargs -P2 -n1 bash -c true", context.Cancellation));
        }

        var ratios = ours.Zip(bare, (a, b) => a / b).ToList();
        context.Report.Add(
            $"{Jobs} trivial jobs of {Users} users, {Connections} connections, {condition}",
            Report.Invariant($"{ours.Median():0} jobs/s"),
            Report.Invariant($"xargs -P2 {bare.Median():0} jobs/s"));
        context.Report.AddRatio("… of xargs -P2", ratios.Median(), goal);
        if (system is { Server: { } server, Client: { } client })
        {
            context.Report.Add("… CPU time per job", cost!.Describe());
            context.Report.Add("… peak resident memory", Report.Invariant($"server {server.PeakMiB:0} MiB, client {client.PeakMiB:0} MiB"));
        }
    }

    /// <summary>Seconds from the first upload until the last ZIP is read.</summary>
    public static async Task<double> RoundAsync(
        ClassicDriver driver, CancellationToken cancellation, TimeSpan? pause = null, int jobs = Jobs, int users = Users)
    {
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(WorkAsync, cancellation)));
        return Stopwatch.GetElapsedTime(started).TotalSeconds;

        async Task WorkAsync()
        {
            var mine = new List<int>();
            int job;
            while ((job = Interlocked.Increment(ref next)) < jobs)
            {
                mine.Add(await driver.SubmitAsync(job % users, "true\n", cancellation));
            }

            foreach (var id in mine)
            {
                await driver.WaitForResultAsync(id, pause ?? Pause, cancellation);
            }
        }
    }
}
