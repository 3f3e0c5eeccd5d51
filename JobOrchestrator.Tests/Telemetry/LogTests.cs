using System.Text.Json;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.ServiceDefaults;
using JobOrchestrator.ServiceDefaults.Telemetry;
using JobOrchestrator.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>What the programs say, as an operator reads it.</summary>
public sealed partial class LogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_job_is_five_lines_that_name_it_an_idle_system_says_nothing_and_a_dead_collector_one_line()
    {
        var (serverPort, clientPort) = (FreePort.Choose(), FreePort.Choose());
        var common = new Dictionary<string, string>
        {
            ["DOTNET_RUNNING_IN_CONTAINER"] = "true",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "50",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
        };
        await using var client = ProgramRun.Start(Program("Client"), [], new Dictionary<string, string>(common)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{clientPort}",
            ["DATA_PATH"] = Path.Combine(_directory.Path, "client"),
        });
        await using var server = ProgramRun.Start(Program("Server"), [], new Dictionary<string, string>(common)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{serverPort}",
            ["AUTH"] = "off",
            ["DB_PATH"] = TestServer.DatabaseIn(_directory.Path),
            ["DATA_PATH"] = Path.Combine(_directory.Path, "server"),
            ["SERVICE_EXAMPLE_CLIENTS"] = $"http://127.0.0.1:{clientPort}",
        });
        await server.LineAsync("Application started", Cancellation);
        await client.LineAsync("does not reach its collector", Cancellation);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{serverPort}") };
        while ((await http.GetStringAsync("/health", Cancellation)).Contains("\"clients\":\"degraded\"", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation); // the node is not known yet
        }

        var id = await http.SubmitAsync(Form.Job("true"));
        await http.EndAsync(id);
        await http.ZipAsync($"/download/{id}");
        await server.LineAsync("is Completed", Cancellation);
        await client.LineAsync("is Completed", Cancellation);
        var before = Lines(server, client);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Cancellation); // idle: about 40 exports fail, 4 polls are answered
        var lines = Lines(server, client);
        Assert.True(lines.Count == before.Count, string.Join('\n', lines.Select(Text).Except(before.Select(Text))));

        var ofJob = lines.Where(l => l.RootElement.GetProperty("State").TryGetProperty("JobId", out _)).ToArray();
        Assert.True(ofJob.Length is 4 or 5 or 6, string.Join("\n", ofJob.Select(l => l.RootElement.GetRawText())));
        var traces = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in ofJob)
        {
            var scope = line.RootElement.GetProperty("Scopes").EnumerateArray().First(s => s.TryGetProperty("JobId", out _));
            Assert.Equal("Information", line.RootElement.GetProperty("LogLevel").GetString());
            Assert.Equal((id, "example"), (scope.GetProperty("JobId").GetInt32(), scope.GetProperty("Service").GetString()));
            Assert.InRange(scope.GetProperty("Attempt").GetInt32(), 0, 1);
            traces.Add(scope.GetProperty("TraceId").GetString()!);
        }

        Assert.Equal(32, Assert.Single(traces).Length);
        Assert.Equal(1, Count(server, "does not reach its collector"));
        Assert.Equal(1, Count(client, "does not reach its collector"));
    }

    private static string Text(JsonDocument line) => line.RootElement.GetRawText();

    /// <summary>The rule that is applied by every test with a server or client in its process; here it has something to find.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_line_about_a_job_stands_in_the_jobs_scope(bool scoped)
    {
        var server = await TestServer.StartAsync(_directory.Path, []);
        var logger = server.Get<ILoggerFactory>().CreateLogger("JobOrchestrator.Server.Results");
        using (scoped ? logger.BeginScope(new JobScope(7, 1, "example", traceParent: null)) : null)
        {
            Late(logger, 7);
        }

        var check = await Record.ExceptionAsync(() => server.DisposeAsync().AsTask());
        Assert.Equal(scoped, check is null);
        Assert.True(scoped || check!.Message.Contains("JobOrchestrator.Server.Results: Job 7 is late", StringComparison.Ordinal), check?.Message);
    }

    [Fact]
    public void A_dead_collector_is_named_once_a_minute_with_the_failures_in_between()
    {
        var (clock, logger) = (new FakeTimeProvider(), new FakeLogger<ExportFailureListener>());
        using var listener = new ExportFailureListener(clock, logger);
        for (var i = 0; i < 100; i++)
        {
            listener.Report("Connection refused");
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, logger.Collector.Count);
        Assert.All(logger.Collector.GetSnapshot(), line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.Contains("(60 failures since the last such line)", logger.LatestRecord.Message, StringComparison.Ordinal);
        Assert.EndsWith("Connection refused", logger.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Microsoft.EntityFrameworkCore.Database.Command", false)]
    [InlineData("Microsoft.EntityFrameworkCore.Query", false)]
    [InlineData("Microsoft.EntityFrameworkCore.Update", false)]
    [InlineData("Microsoft.EntityFrameworkCore.Infrastructure", true)]
    [InlineData("JobOrchestrator.Server.Data.DatabaseWriter", true)]
    public void What_our_own_lines_say_already_is_not_said_twice(string category, bool said)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.AddServiceDefaults("test", "test");
        using var services = builder.Services.BuildServiceProvider();
        Assert.Equal(said, services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(LogLevel.Error));
    }

    [LoggerMessage(LogLevel.Warning, "Job {JobId} is late")]
    private static partial void Late(ILogger logger, int jobId);

    private static int Count(ProgramRun run, string text) => run.Output.Split('\n').Count(l => l.Contains(text, StringComparison.Ordinal));

    private static List<JsonDocument> Lines(params ProgramRun[] runs) =>
        [.. runs.SelectMany(r => r.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(l => JsonDocument.Parse(l))];

    private static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "JobOrchestrator." + name);
}
