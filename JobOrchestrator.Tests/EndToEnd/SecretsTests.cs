using System.Net.Http.Headers;
using System.Text;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>A full run of real processes with secrets, and then a search for them everywhere they must not be.</summary>
public sealed class SecretsTests : IDisposable
{
    private const string Secret = "c11ent5ecret0123456789abcdef";
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Secrets_are_in_no_log_trace_process_list_job_or_file()
    {
        await using var sink = await OtlpSinkDouble.StartAsync();
        var file = Path.Combine(_directory.Path, "secret");
        await File.WriteAllTextAsync(file, Secret, Cancellation);
        var (serverPort, clientPort) = (FreePort.Choose(), FreePort.Choose());
        var common = new Dictionary<string, string>
        {
            ["CLIENT_SECRET_FILE"] = file,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = sink.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["Logging__LogLevel__Default"] = "Debug",
        };
        var serverSettings = new Dictionary<string, string>(common)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{serverPort}",
            ["DB_PATH"] = Path.Combine(_directory.Path, "jobs.sqlite"),
            ["DATA_PATH"] = Path.Combine(_directory.Path, "server"),
            ["SERVICE_EXAMPLE_CLIENTS"] = $"http://127.0.0.1:{clientPort}",
        };
        var clientSettings = new Dictionary<string, string>(common)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{clientPort}",
            ["DATA_PATH"] = Path.Combine(_directory.Path, "client"),
        };
        await using var keys = ProgramRun.Start(Program("Server"), ["keys", "create", "--name", "portal", "--any-user"], serverSettings);
        Assert.Equal(0, await keys.ExitAsync(Cancellation));
        var key = keys.Output.Split('\n').Single(l => l.StartsWith("jok_", StringComparison.Ordinal)).Trim();

        string processes;
        string[] outputs;
        await using (var client = ProgramRun.Start(Program("Client"), [], clientSettings))
        await using (var server = ProgramRun.Start(Program("Server"), [], serverSettings))
        {
            await server.LineAsync("Application started", Cancellation);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{serverPort}") };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            var id = await http.SubmitAsync(Form.Job("env; sleep 1"));
            await http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
            processes = string.Join('\n', Processes.WithMarker(string.Empty).Values);
            Assert.Equal(ClassicStatus.Completed, (await http.EndAsync(id)).Status);
            var result = await http.ZipAsync($"/download/{id}");
            Assert.Contains("PATH=", result["stdout.log"], StringComparison.Ordinal);
            await http.UploadAsync(new Form().Field("user_id", "1").Field("service", "unknown").File("run.sh", "true").ToContent());
            await http.TerminateAsync(id);
            foreach (var run in (ProgramRun[])[server, client])
            {
                Processes.Signal(run.Id, Processes.SigTerm);
                await run.ExitAsync(Cancellation);
            }

            outputs = [server.Output, client.Output];
        }

        Assert.Contains("/upload", sink.Received, StringComparison.Ordinal); // traces and logs did arrive
        var places = new Dictionary<string, string> { ["traces, metrics and logs"] = sink.Received, ["process list"] = processes, ["console"] = string.Concat(outputs) };
        foreach (var path in Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Where(p => p != file && new FileInfo(p).LinkTarget is null))
        {
            places[path] = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, Cancellation));
        }

        var secrets = (string[])[Secret, key, key[(key.IndexOf('_', 4) + 1)..]];
        Assert.Empty(places.Where(p => secrets.Any(s => p.Value.Contains(s, StringComparison.Ordinal))).Select(p => p.Key));
    }

    private static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "JobOrchestrator." + name);
}
