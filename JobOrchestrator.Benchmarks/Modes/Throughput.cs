using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>A crowd of users with trivial jobs.</summary>
internal static class Throughput
{
    private const int Jobs = 500;
    private const int Users = 50;
    private const int Connections = 8;

    public static async Task MeasureAsync(RunContext context)
    {
        await MeasureAsync(context, Jobs, $"limits at {Jobs}");
        if (context.Url is null)
        {
            await MeasureAsync(context, null, "limits at their defaults");
        }
    }

    private static async Task MeasureAsync(RunContext context, int? limit, string condition)
    {
        await using var system = await SystemUnderTest.StartAsync(context, limit);
        var (ours, bare) = (new List<double>(), new List<double>());
        double serverCpu = system.Server?.CpuSeconds ?? 0, clientCpu = system.Client?.CpuSeconds ?? 0;
        for (var round = 0; round < context.Rounds; round++)
        {
            ours.Add(Jobs / await RoundAsync(system.Driver, context.Cancellation));
            bare.Add(Jobs / await Shell.SecondsAsync($"seq {Jobs} | xargs -P2 -n1 bash -c true", context.Cancellation));
        }

        var ratios = ours.Zip(bare, (a, b) => a / b).ToList();
        context.Report.Add(
            $"{Jobs} trivial jobs of {Users} users, {Connections} connections, {condition}",
            Report.Invariant($"{ours.Median():0} jobs/s"),
            Report.Invariant($"xargs -P2 {bare.Median():0} jobs/s: {ratios.Median():0.00} of it"));
        if (system is { Server: { } server, Client: { } client })
        {
            var jobs = Jobs * context.Rounds;
            context.Report.Add(
                "… CPU per job, peak memory",
                Report.Invariant($"server {(server.CpuSeconds - serverCpu) * 1000 / jobs:0.0} ms, client {(client.CpuSeconds - clientCpu) * 1000 / jobs:0.0} ms"),
                Report.Invariant($"server {server.PeakMiB:0} MiB, client {client.PeakMiB:0} MiB"));
        }
    }

    /// <summary>Seconds from the first upload until the last ZIP is read.</summary>
    private static async Task<double> RoundAsync(ClassicDriver driver, CancellationToken cancellation)
    {
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(WorkAsync, cancellation)));
        return Stopwatch.GetElapsedTime(started).TotalSeconds;

        async Task WorkAsync()
        {
            var mine = new List<int>();
            int job;
            while ((job = Interlocked.Increment(ref next)) < Jobs)
            {
                mine.Add(await driver.SubmitAsync(job % Users, "true\n", cancellation));
            }

            foreach (var id in mine)
            {
                await driver.WaitForResultAsync(id, TimeSpan.FromMilliseconds(10), cancellation);
            }
        }
    }
}
