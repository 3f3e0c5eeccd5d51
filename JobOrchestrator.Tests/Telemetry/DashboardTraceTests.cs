using System.Text.Json;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>The real Aspire Dashboard, started by the host, shows a job as one trace of both processes.</summary>
public sealed class DashboardTraceTests : IDisposable
{
    private static readonly string[] Ports = ["18888", "18889", "18890"];

    private static readonly string[] Expected =
    [
        "job.upload", "job.queue", "job.schedule", "job.dispatch", "execution.validate", "execution.queue", "execution.start", "execution.run",
        "job.collect", "job.download",
    ];

    private readonly TemporaryDirectory _data = new();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public DashboardTraceTests() => _patience.CancelAfter(TimeSpan.FromMinutes(10)); // the first start on a machine fetches the dashboard, 150 MB

    public void Dispose()
    {
        _patience.Dispose();
        _data.Dispose();
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_jobs_trace_has_all_spans_of_both_processes_under_one_root()
    {
        if (Ports.FirstOrDefault(p => !FreePort.IsFree(int.Parse(p, System.Globalization.CultureInfo.InvariantCulture))) is { } taken)
        {
            Assert.Skip($"The dashboard's port {taken} is in use by another program.");
        }

        TestBrowser.SkipWithout();

        var port = FreePort.Choose();
        await using var host = ProgramRun.Start(
            Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.AppHost"), ["--clients", "1", "--port", $"{port}", "--data", _data.Path]);
        using var http = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") };
        await AnsweredAsync(http, "http://localhost:18888/api/telemetry/traces");
        await AnsweredAsync(http, "/health");
        var id = await http.SubmitAsync(Form.Job("echo hello"));
        await http.EndAsync(id);
        await http.ZipAsync($"/download/{id}");

        var spans = await TraceAsync(http);
        var ids = spans.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        var root = Assert.Single(spans, s => s.Parent.Length == 0);
        Assert.Equal(("server", "POST /upload"), (root.Resource, root.Name));
        Assert.All(spans.Where(s => s != root), s => Assert.Contains(s.Parent, ids));
        Assert.All(spans.Where(s => s.Name.StartsWith("job.", StringComparison.Ordinal)), s => Assert.Equal("server", s.Resource));
        Assert.All(spans.Where(s => s.Name.StartsWith("execution.", StringComparison.Ordinal)), s => Assert.Equal("client-1", s.Resource));

        // And as an operator sees it.
        await using var browser = await TestBrowser.StartAsync();
        var page = await browser.OpenAsync();
        await page.GotoAsync($"http://localhost:18888/traces/detail/{root.Trace}");
        foreach (var name in Expected)
        {
            await page.GetByText(name, new() { Exact = true }).First.WaitForAsync();
        }

        await TestBrowser.ShootAsync(page, "dashboard-trace");
    }

    private async Task AnsweredAsync(HttpClient http, string address)
    {
        while (true)
        {
            try
            {
                await http.GetStringAsync(address, _patience.Token);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _patience.Token); // it starts
            }
        }
    }

    /// <summary>Asks the dashboard until it has all of the job's spans.</summary>
    private async Task<List<Span>> TraceAsync(HttpClient http)
    {
        while (true)
        {
            using var answer = JsonDocument.Parse(await http.GetStringAsync("http://localhost:18888/api/telemetry/traces", _patience.Token));
            var all = answer.RootElement.GetProperty("data").GetProperty("resourceSpans").EnumerateArray().SelectMany(Read).ToList();
            var job = all.Find(s => s.Name == "job.upload");
            var spans = all.FindAll(s => s.Trace == job?.Trace);
            if (Expected.All(name => spans.Exists(s => s.Name == name)) && spans.Exists(s => s.Parent.Length == 0))
            {
                TestContext.Current.AddAttachment("trace.txt", string.Join('\n', spans.Select(s => s.ToString())));
                return spans;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, _patience.Token);
        }
    }

    private static IEnumerable<Span> Read(JsonElement resource)
    {
        var name = resource.GetProperty("resource").GetProperty("attributes").EnumerateArray()
            .First(a => a.GetProperty("key").GetString() == "service.name").GetProperty("value").GetProperty("stringValue").GetString()!;
        return from scope in resource.GetProperty("scopeSpans").EnumerateArray()
               from span in scope.GetProperty("spans").EnumerateArray()
               select new Span(name, span.GetProperty("name").GetString()!, span.GetProperty("traceId").GetString()!, span.GetProperty("spanId").GetString()!,
                   span.TryGetProperty("parentSpanId", out var parent) ? parent.GetString() ?? "" : "");
    }

    private sealed record Span(string Resource, string Name, string Trace, string Id, string Parent);
}
