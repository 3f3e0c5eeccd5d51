using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>A trivial job on an idle system.</summary>
internal static class Latency
{
    private const int JobsPerRound = 100;

    public static async Task MeasureAsync(RunContext context)
    {
        await using var system = await SystemUnderTest.StartAsync(context);
        var (jobs, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round < context.Rounds; round++)
        {
            for (var i = 0; i < JobsPerRound; i++)
            {
                jobs.Add(await system.Driver.RoundTripAsync("true\n", context.Cancellation));
            }

            bare.Add(await Shell.SecondsAsync($"for i in $(seq {JobsPerRound}); do bash -c true; done", context.Cancellation) * 1000 / JobsPerRound);
        }

        context.Report.Add(
            "trivial job, idle system, upload sent until ZIP read",
            Report.Invariant($"p50 {jobs.Median():0.0} ms, p90 {jobs.Quantile(0.9):0.0} ms, p99 {jobs.Quantile(0.99):0.0} ms"),
            Report.Invariant($"bare bash {bare.Median():0.0} ms: {jobs.Median() / bare.Median():0.0} times"));
    }
}
