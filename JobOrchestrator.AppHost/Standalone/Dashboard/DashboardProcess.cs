namespace JobOrchestrator.AppHost.Standalone.Dashboard;

/// <summary>The Aspire Dashboard beside the application. The application neither waits for it nor fails with it.</summary>
internal sealed class DashboardProcess
{
    public const int FrontendPort = 18888;
    private const int OtlpGrpcPort = 18889;
    private const int OtlpHttpPort = 18890;

    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(200);

    private readonly DashboardInstallation _installation;
    private readonly ResourceConsole _console;

    private DashboardProcess(DashboardInstallation installation, ResourceConsole console)
    {
        _installation = installation;
        _console = console;
    }

    /// <summary>Starts a program of the dashboard's under the host's supervision.</summary>
    public delegate ResourceProcess Starter(
        string executable, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, Action<string> onLine);

    /// <summary>What tells the other processes where to send their telemetry, and often enough to watch it.</summary>
    public Dictionary<string, string> ExporterEnvironment { get; } = new(StringComparer.Ordinal)
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://localhost:{OtlpGrpcPort}",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "1000",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
    };

    /// <summary>Null, with the reason on the console, when there can be no dashboard.</summary>
    public static DashboardProcess? Plan(ResourceConsole console)
    {
        foreach (var port in new[] { FrontendPort, OtlpGrpcPort, OtlpHttpPort })
        {
            if (!FreePort.IsFree(port))
            {
                console.Complain($"No dashboard: its port {port} is in use by another program.");
                return null;
            }
        }

        if (DashboardInstallation.Locate() is { } installation)
        {
            return new DashboardProcess(installation, console);
        }

        console.Complain("No dashboard: it needs npm once to fetch it (install Node.js), or an 'aspire' on the PATH (https://aspire.dev). All else works.");
        return null;
    }

    /// <summary>Fetches the dashboard where it is not there yet, starts it and says where it is.</summary>
    /// <exception cref="HostException">It cannot be fetched or started; the message says why.</exception>
    public async Task RunAsync(Starter start, HttpClient http, CancellationToken cancellation)
    {
        await _installation.FetchAsync(start, _console.Say, cancellation);
        var frontend = $"http://localhost:{FrontendPort}";
        var lastLines = new Queue<string>();
        var (executable, arguments) = _installation.Command;
        var process = start(
            executable,
            arguments,
            new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = frontend,
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{OtlpGrpcPort}",
                ["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = $"http://localhost:{OtlpHttpPort}",
                ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
                ["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "true",
                ["Logging__LogLevel__Default"] = "Warning",
            },
            line => Keep(lastLines, line));
        while (!await HealthProbe.IsHealthyAsync(http, new Uri(frontend), cancellation))
        {
            if (process.ExitCode is { } code)
            {
                throw new HostException($"it ended with exit code {code}: {Join(lastLines)}");
            }

            await Task.Delay(HealthInterval, TimeProvider.System, cancellation);
        }

        _console.Say($"dashboard answers on {frontend}");
    }

    /// <summary>The dashboard's own output matters only when it fails.</summary>
    private static void Keep(Queue<string> lines, string line)
    {
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > 20)
            {
                lines.Dequeue();
            }
        }
    }

    private static string Join(Queue<string> lines)
    {
        lock (lines)
        {
            return string.Join(Environment.NewLine, lines);
        }
    }
}
