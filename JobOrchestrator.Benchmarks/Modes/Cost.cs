using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>
/// What one trivial job costs in CPU time, part by part: unlike jobs per second it hardly depends on what else the machine is doing.
/// </summary>
internal static class Cost
{
    /// <summary>So long that hardly a job is asked about in vain: what asking costs must not depend on how fast the machine is today.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task MeasureAsync(RunContext context)
    {
        await using var system = await SystemUnderTest.StartAsync(context, Throughput.Jobs);
        await Throughput.RoundAsync(system.Driver, context.Cancellation, Pause); // the code that runs often is compiled for speed in this one
        var meter = CostMeter.Start(system);
        for (var round = 0; round < context.Rounds; round++)
        {
            await Throughput.RoundAsync(system.Driver, context.Cancellation, Pause);
        }

        var cost = meter.PerJob(Throughput.Jobs * context.Rounds);
        var bare = await BareAsync(context.Cancellation);
        context.Report.Add(
            "CPU time per trivial job, steady state", cost.Describe(),
            Report.Invariant($"bash -c true on its own {bare:0.0} ms"));
        context.Report.AddRatio("… bash -c true over a trivial job", bare / cost.Total, Goal.CpuTime);
    }

    private static async Task<double> BareAsync(CancellationToken cancellation)
    {
        var before = CpuTime.Of(Environment.ProcessId);
        await Shell.SecondsAsync($"for i in $(seq {Throughput.Jobs}); do bash -c true; done", cancellation);
        return (CpuTime.Of(Environment.ProcessId) - before).Children * 1000 / Throughput.Jobs;
    }
}
