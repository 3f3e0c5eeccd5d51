using System.Globalization;
using System.Text;
using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>Output of a running job on its way to those who follow it.</summary>
internal static class Logs
{
    private const int Lines = 500;
    private const int Followers = 200;
    private const int LinesOfCrowd = 6000;
    private const double LimitMilliseconds = 200;
    private const double LimitMiB = 64;
    private static readonly string Filling = new('x', 80);

    public static async Task MeasureAsync(RunContext context)
    {
        await using var system = await SystemUnderTest.StartAsync(context);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { BaseAddress = system.Address };
        await MeasureDelayAsync(context, system, http);
        if (system.Server is { } server)
        {
            await MeasureCrowdAsync(context, system, server, http);
        }
    }

    /// <summary>The script stamps its lines by the clock that the driver looks at: they are on one machine.</summary>
    private static async Task MeasureDelayAsync(RunContext context, SystemUnderTest system, HttpClient http)
    {
        var delays = new List<double>();
        for (var round = 0; round < context.Rounds; round++)
        {
            var id = await system.Driver.SubmitAsync(1, $"for i in $(seq {Lines}); do echo $EPOCHREALTIME; sleep 0.01; done\n", context.Cancellation);
            await using var body = await FollowAsync(http, id, context.Cancellation);
            var rest = "";
            var buffer = new byte[1 << 14];
            for (int read; (read = await body.ReadAsync(buffer, context.Cancellation)) > 0;)
            {
                var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalMilliseconds;
                var lines = (rest + Encoding.ASCII.GetString(buffer, 0, read)).Split('\n');
                delays.AddRange(lines[..^1].Select(l => now - (double.Parse(l, CultureInfo.InvariantCulture) * 1000)));
                rest = lines[^1];
            }
        }

        if (delays.Count != Lines * context.Rounds)
        {
            throw new InvalidOperationException($"{delays.Count} of {Lines * context.Rounds} lines came.");
        }

        context.Report.Add(
            $"a line of a running job, written until a follower of the server has it ({delays.Count} lines)",
            Report.Invariant($"p50 {delays.Median():0.0} ms, p99 {delays.Quantile(0.99):0.0} ms"),
            Report.Invariant($"at most {LimitMilliseconds} ms"));
    }

    private static async Task MeasureCrowdAsync(RunContext context, SystemUnderTest system, MeasuredProcess server, HttpClient http)
    {
        // Begins when all follow, which the driver tells by a file in the job's directory: jobs have no other ears.
        var id = await system.Driver.SubmitAsync(
            1,
            $"echo begun; until [ -e go ]; do sleep 0.05; done; i=0; while [ $i -lt {LinesOfCrowd} ]; do i=$((i+1)); echo \"line $i {Filling}\"; [ $((i % 100)) = 0 ] && sleep 0.01; done\n",
            context.Cancellation);
        server.ResetPeak();
        var before = server.ResidentMiB;
        using var ready = new CountdownEvent(Followers);
        var followers = Enumerable.Range(0, Followers).Select(_ => CountAsync(http, id, ready, context.Cancellation)).ToList();
        await Task.Run(() => ready.Wait(context.Cancellation), context.Cancellation);
        await File.WriteAllTextAsync(Path.Combine(system.WorkOf(id), "go"), "", context.Cancellation);
        var counts = await Task.WhenAll(followers);
        if (counts.Any(c => c != LinesOfCrowd + 1))
        {
            throw new InvalidOperationException($"Followers got {string.Join(' ', counts.Distinct())} lines instead of {LinesOfCrowd + 1}.");
        }

        context.Report.Add(
            $"{Followers} followers of one job, {LinesOfCrowd} lines each, none lost: the server's memory",
            Report.Invariant($"{Math.Max(0, server.PeakMiB - before):0} MiB more at the peak"),
            Report.Invariant($"at most {LimitMiB} MiB; {before:0} MiB before"));
    }

    private static async Task<int> CountAsync(HttpClient http, int id, CountdownEvent ready, CancellationToken cancellation)
    {
        await using var body = await FollowAsync(http, id, cancellation);
        var (lines, buffer) = (0, new byte[1 << 12]);
        for (int read; (read = await body.ReadAsync(buffer, cancellation)) > 0;)
        {
            if (lines == 0)
            {
                ready.Signal();
            }

            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return lines;
    }

    private static async Task<Stream> FollowAsync(HttpClient http, int id, CancellationToken cancellation)
    {
        var answer = await http.GetAsync($"api/v1/jobs/{id}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead, cancellation);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellation);
    }
}
