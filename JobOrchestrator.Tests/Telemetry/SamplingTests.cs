using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Telemetry;

public sealed class SamplingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    public async Task How_many_jobs_are_traced_is_the_operators_choice_and_metrics_count_all(string share, bool traced)
    {
        await using var sink = await OtlpSinkDouble.StartAsync();
        var port = FreePort.Choose();
        await using var server = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), [], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["AUTH"] = "off",
            ["DB_PATH"] = TestServer.DatabaseIn(_directory.Path),
            ["DATA_PATH"] = Path.Combine(_directory.Path, "server"),
            ["SERVICE_EXAMPLE_CLIENTS"] = "http://127.0.0.1:1",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = sink.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = share,
        });
        await server.LineAsync("Application started", Cancellation);
        // Without a trace of the caller's own, whose decision would be followed.
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        using var http = new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await http.SubmitAsync(Form.Job("true"));
        Processes.Signal(server.Id, Processes.SigTerm); // sends what it still has
        await server.ExitAsync(Cancellation);
        Assert.Contains("joborchestrator.job.submissions", sink.Received, StringComparison.Ordinal);
        Assert.Equal(traced, sink.Received.Contains("job.upload", StringComparison.Ordinal));
    }
}
