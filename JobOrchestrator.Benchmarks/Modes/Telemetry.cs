using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>
/// What it costs to be observed: the same crowd of jobs with traces, metrics and logs going to a collector, to one that is not there, and nowhere.
/// Three systems stand side by side and take turns, so that a slow minute of the machine is everybody's.
/// </summary>
internal static class Telemetry
{
    private const double LimitPercent = 5;

    /// <summary>Not counted: the code that runs often is compiled for speed in them, and the observed systems have more of it.</summary>
    private const int WarmUpRounds = 2;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task MeasureAsync(RunContext context)
    {
        if (context.LeavesOut("telemetry needs systems of its own"))
        {
            return;
        }

        await using var collector = await OtlpCollector.StartAsync();
        await using var plain = await SystemUnderTest.StartAsync(context, Throughput.Jobs);
        await using var observed = await SystemUnderTest.StartAsync(context, Throughput.Jobs, settings: Exporting(collector.Address));
        await using var dead = await SystemUnderTest.StartAsync(context, Throughput.Jobs, settings: Exporting("http://127.0.0.1:1"));
        var systems = new[] { plain, observed, dead };
        var rates = systems.Select(_ => new List<double>()).ToArray();
        var costs = systems.Select(_ => new List<double>()).ToArray();
        for (var round = -WarmUpRounds; round < context.Rounds; round++)
        {
            for (var turn = 0; turn < systems.Length; turn++)
            {
                // Who goes first changes with the round.
                var which = (turn + round + WarmUpRounds) % systems.Length;
                var meter = CostMeter.Start(systems[which]);
                var seconds = await Throughput.RoundAsync(systems[which].Driver, context.Cancellation, Pause);
                var cost = meter.PerJob(Throughput.Jobs);
                if (round >= 0)
                {
                    rates[which].Add(Throughput.Jobs / seconds);
                    costs[which].Add(cost.Server + cost.Client);
                }
            }
        }

        if (collector.Bytes("traces") == 0 || collector.Bytes("metrics") == 0 || collector.Bytes("logs") == 0)
        {
            throw new InvalidOperationException("The collector did not get all of it.");
        }

        context.Report.Add(
            $"{Throughput.Jobs} trivial jobs without telemetry: CPU time of server and client per job",
            Report.Invariant($"{costs[0].Median():0.00} ms"), Report.Invariant($"{rates[0].Median():0} jobs/s"));
        Add(context, "… with traces, metrics and logs by OTLP", rates, costs, 1);
        Add(context, "… to a collector that is not there", rates, costs, 2);
    }

    private static void Add(RunContext context, string what, List<double>[] rates, List<double>[] costs, int which)
    {
        // Each round against the plain one beside it.
        var cost = (costs[which].Zip(costs[0], (a, b) => a / b).Median() - 1) * 100;
        var rate = (rates[which].Zip(rates[0], (a, b) => a / b).Median() - 1) * 100;
        context.Report.Add(
            what,
            Report.Invariant($"{costs[which].Median():0.00} ms: {cost:+0.0;-0.0} %"),
            Report.Invariant($"{rates[which].Median():0} jobs/s: {rate:+0.0;-0.0} %; at most {LimitPercent} % fewer"));
    }

    private static Dictionary<string, string> Exporting(string address) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "5000", // milliseconds; by default the first would come after the last round
    };
}
