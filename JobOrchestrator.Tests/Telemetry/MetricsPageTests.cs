using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using JobOrchestrator.Client.Telemetry;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>docs/metrics.md says what is really measured: its tables are rendered from a run in which everything happens.</summary>
public sealed class MetricsPageTests
{
    private const int UserId = 424_242;

    [Fact(Timeout = 120_000)]
    public async Task The_page_lists_what_is_measured_and_nothing_carries_a_user_or_a_job()
    {
        await using var system = await TestSystem.StartAsync(settings: ["SERVICE_EXAMPLE_TIME_LIMIT=1"], clientSettings: ["KILL_GRACE=1"]);
        var (server, client) = (system.Server.Get<IMeterFactory>(), system.Clients[0].Services.GetRequiredService<IMeterFactory>());
        using var recorder = new InstrumentRecorder(server, client);
        var jobs = new List<int>();
        foreach (var script in new[] { "true", "exit 1", "sleep 60", "echo\r\n" })
        {
            jobs.Add(await system.Http.SubmitAsync(Form.Job(script, UserId)));
        }

        var endless = await system.Http.SubmitAsync(Form.Job("sleep 60", UserId));
        await system.Http.UntilAsync(endless, s => s.Status == ClassicStatus.Running);
        await system.Http.TerminateAsync(endless);
        foreach (var job in jobs)
        {
            await system.Http.EndAsync(job);
        }

        // What no healthy run brings about.
        var metrics = system.Server.Get<ServerMetrics>();
        metrics.Retried("example", EndReason.ClientUnreachable);
        metrics.LoopFailed("dispatcher");
        system.Clients[0].Services.GetRequiredService<ClientMetrics>().LoopFailed("retention");
        BackupMark.Write(system.Server.Get<ServerOptions>(), DateTimeOffset.UnixEpoch);
        metrics.Dispatched(
            new QueuedJob(1, "example", UserId, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.MinValue, 1), TimeSpan.FromSeconds(1), EndReason.ClientUnreachable);

        while (recorder.Of(server).Concat(recorder.Of(client)).Any(i => i.Attributes is null))
        {
            recorder.Observe();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var page = Replace(Replace(Repository.Read("docs", "metrics.md"), "server", Render(recorder.Of(server))), "client", Render(recorder.Of(client)));
        Repository.AssertGenerated(page, "docs", "metrics.md");
        Assert.DoesNotContain($"{UserId}", recorder.Values);
        Assert.DoesNotContain(recorder.Values, value => value.Contains("/executions/", StringComparison.Ordinal));
    }

    private static string Render(IEnumerable<(Instrument Instrument, IReadOnlyList<string>? Attributes)> instruments)
    {
        var table = new StringBuilder("| instrument | kind | unit | attributes | in Prometheus | what it says |\n|---|---|---|---|---|---|\n");
        foreach (var (instrument, attributes) in instruments)
        {
            table.Append(
                CultureInfo.InvariantCulture,
                $"| `{instrument.Name}` | {PrometheusNames.Kind(instrument)} | {(instrument.Unit is { } unit ? $"`{unit}`" : "")} | {string.Join(", ", attributes!.Select(a => $"`{a}`"))} | `{PrometheusNames.Of(instrument)}` | {instrument.Description} |\n");
        }

        return table.ToString();
    }

    /// <summary>Puts the table between its two marks.</summary>
    private static string Replace(string page, string name, string table)
    {
        var (begin, end) = ($"<!-- {name}: rendered by a test -->\n", "<!-- end -->");
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(from >= 0, $"docs/metrics.md lacks the line {begin}");
        from += begin.Length;
        return page[..from] + table + page[page.IndexOf(end, from, StringComparison.Ordinal)..];
    }
}
