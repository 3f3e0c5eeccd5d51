using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>From the start of the process until it says that it is healthy.</summary>
internal static class StartUp
{
    private const int Starts = 3;

    public static async Task MeasureAsync(RunContext context)
    {
        if (context.LeavesOut("start-up starts programs of its own"))
        {
            return;
        }

        await MeasureAsync(context, null, "an empty database");
        await MeasureAsync(context, History.FillAsync, $"{History.Ended} ended jobs in the database");
    }

    private static async Task MeasureAsync(RunContext context, Func<string, Task>? prepare, string condition)
    {
        var (server, client) = (new List<double>(), new List<double>());
        await using var system = await SystemUnderTest.StartAsync(context, prepare: prepare);
        for (var i = 0; i < Starts * context.Rounds; i++)
        {
            var (serverSeconds, clientSeconds) = await system.RestartAsync();
            server.Add(serverSeconds);
            client.Add(clientSeconds);
        }

        context.Report.Add(
            $"from process start until healthy, {condition}",
            Report.Invariant($"server {server.Median():0.00} s, client {client.Median():0.00} s"),
            "at most 1.0 s and 0.8 s");
    }
}
