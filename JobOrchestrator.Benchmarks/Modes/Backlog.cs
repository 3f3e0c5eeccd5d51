using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>How long an upload takes while many jobs wait.</summary>
internal static class Backlog
{
    private const int Waiting = 2000;
    private const int Users = 50;
    private const int Samples = 300;
    private const double TargetMilliseconds = 4;

    public static async Task MeasureAsync(RunContext context)
    {
        await using var system = await SystemUnderTest.StartAsync(context);
        var before = new List<double>();
        for (var i = 0; i < Samples; i++)
        {
            var (id, milliseconds) = await SubmitAsync(system.Driver, i % Users, "true\n", context.Cancellation);
            before.Add(milliseconds);
            await system.Driver.WaitForResultAsync(id, TimeSpan.FromMilliseconds(1), context.Cancellation);
        }

        for (var job = 0; job < Waiting; job++)
        {
            await system.Driver.SubmitAsync(job % Users, "exec sleep 3600\n", context.Cancellation);
        }

        var after = new List<double>();
        for (var i = 0; i < Samples; i++)
        {
            after.Add((await SubmitAsync(system.Driver, i % Users, "exec sleep 3600\n", context.Cancellation)).Milliseconds);
        }

        context.Report.Add(
            $"submit latency while {Waiting} jobs wait",
            Report.Invariant($"p50 {after.Median():0.00} ms, p99 {after.Quantile(0.99):0.00} ms"),
            Report.Invariant($"with nothing waiting p50 {before.Median():0.00} ms: {after.Median() / before.Median():0.00} times; at most {TargetMilliseconds} ms"));
    }

    private static async Task<(int Id, double Milliseconds)> SubmitAsync(ClassicDriver driver, int user, string script, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var id = await driver.SubmitAsync(user, script, cancellation);
        return (id, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}
