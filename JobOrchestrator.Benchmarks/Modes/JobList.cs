using System.Diagnostics;
using System.Text.Json;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>Pages of a list of many jobs.</summary>
internal static class JobList
{
    private const int Jobs = 10_000;
    private const int RowsPerPage = 100;
    private const double LimitMilliseconds = 100;

    public static async Task MeasureAsync(RunContext context)
    {
        if (context.LeavesOut("list needs a database of its own"))
        {
            return;
        }

        await using var system = await SystemUnderTest.StartAsync(context, prepare: database => History.FillAsync(database, Jobs));
        using var http = new HttpClient { BaseAddress = system.Address };
        foreach (var (what, filter) in new[] { ("all", ""), ("of one state", "&state=completed"), ("of a span of time", "&created_after=2000-01-01&created_before=2999-01-01") })
        {
            var times = new List<double>();
            for (var round = 0; round < context.Rounds; round++)
            {
                await ReadAllAsync(http, filter, times, context.Cancellation);
            }

            Add(context, $"a page of {RowsPerPage} of {Jobs} jobs, {what}, asked for until read", times);
        }
    }

    private static async Task ReadAllAsync(HttpClient http, string filter, List<double> times, CancellationToken cancellation)
    {
        var (count, cursor) = (0, "");
        do
        {
            var started = Stopwatch.GetTimestamp();
            using var page = JsonDocument.Parse(await http.GetStringAsync($"api/v1/jobs?limit={RowsPerPage}{filter}{cursor}", cancellation));
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            count += page.RootElement.GetProperty("jobs").GetArrayLength();
            cursor = page.RootElement.TryGetProperty("next_cursor", out var next) ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        if (count < Jobs)
        {
            throw new InvalidOperationException($"{count} jobs were listed.");
        }
    }

    private static void Add(RunContext context, string what, List<double> times) => context.Report.Add(
        what,
        Report.Invariant($"p50 {times.Median():0.0} ms, p99 {times.Quantile(0.99):0.0} ms"),
        Report.Invariant($"at most {LimitMilliseconds} ms"));
}
