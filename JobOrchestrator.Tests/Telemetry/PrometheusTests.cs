using System.Text.RegularExpressions;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>A real Prometheus is given the metrics of a run, by push and by scraping, and what it says is compared with the job table.</summary>
public sealed partial class PrometheusTests : IDisposable
{
    private const string Script = "true\n";
    private readonly TemporaryDirectory _directory = new();
    private readonly List<(int Id, int Bytes)> _jobs = [];

    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public PrometheusTests() => _patience.CancelAfter(TimeSpan.FromMinutes(3));

    private CancellationToken Cancellation => _patience.Token;

    public void Dispose()
    {
        _patience.Dispose();
        _directory.Dispose();
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task The_configurations_and_rules_are_valid_and_the_rules_do_what_their_tests_say()
    {
        Prometheus.SkipWithout();
        var directory = Repository.PathOf("deploy", "prometheus");
        foreach (var arguments in (string[][])[["check", "config", "prometheus.yml"], ["check", "config", "scrape.yml"], ["check", "rules", "alerts.yml", "recording.yml"], ["test", "rules", "tests.yml"]])
        {
            var (code, output) = await Prometheus.ToolAsync(directory, arguments);
            Assert.True(code == 0, output);
        }

        var rules = AlertPattern().Matches(Repository.Read("deploy", "prometheus", "alerts.yml")).Select(m => m.Groups[1].Value);
        var tested = Repository.Read("deploy", "prometheus", "tests.yml");
        Assert.All(rules, rule => Assert.Contains($"alertname: {rule}\n", tested, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_run_of_200_jobs_reads_the_same_in_Prometheus_and_in_the_job_table()
    {
        Prometheus.SkipWithout();
        var (serverPort, first, second, pushedPort) = (FreePort.Choose(), FreePort.Choose(), FreePort.Choose(), FreePort.Choose());
        await using var scraped = await Prometheus.StartAsync(Configure("scrape.yml", serverPort, first, second), FreePort.Choose());
        await using var pushed = await Prometheus.TakesOtlpAsync()
            ? await Prometheus.StartAsync(Configure("prometheus.yml", serverPort, first, second), pushedPort, "--" + Prometheus.OtlpFlag)
            : null;
        await using var receiver = pushed is null ? await OtlpMetricsReceiver.StartAsync(pushedPort) : null;
        var both = pushed is null ? (Prometheus[])[scraped] : [scraped, pushed];
        await using var classic = await ClassicClientDouble.StartAsync();
        await using var clients = new Programs(StartClient("a", first, pushedPort), StartClient("b", second, pushedPort));
        await using var server = StartServer(serverPort, first, second, classic, pushedPort);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{serverPort}") };
        await server.LineAsync("Application started", Cancellation);

        // Two halves of the same kind: what is counted in both, Prometheus has seen rise.
        await RunHalfAsync(http, classic);
        foreach (var prometheus in both)
        {
            await prometheus.UntilAsync("sum(joborchestrator_job_completions_total)", 100, Cancellation);
            await prometheus.UntilAsync("sum(joborchestrator_client_completions_total)", 99, Cancellation);
        }

        await RunHalfAsync(http, classic);

        foreach (var prometheus in both)
        {
            await CompareAsync(prometheus, first, second);
            foreach (var (panel, expression) in Dashboards.Files.SelectMany(Dashboards.ExpressionsOf))
            {
                var series = await prometheus.QueryAsync(expression);
                Assert.True(series.Any(s => !double.IsNaN(s.Value)), $"Panel '{panel}' shows nothing: {expression}");
            }

            var rules = await prometheus.RulesAsync();
            Assert.All(rules, r => Assert.True(r.Value.GetProperty("health").GetString() == "ok", $"{r.Value}"));
            Assert.All(rules.Where(r => r.Value.GetProperty("type").GetString() == "alerting"), r => Assert.True(r.Value.GetProperty("state").GetString() == "inactive", $"{r.Value}"));
            Assert.Equal(1, await prometheus.ValueAsync("min(joborchestrator:success_ratio:15m)"));
        }

        // Names and labels do not depend on how the metrics came.
        var names = await scraped.NamesAsync();
        foreach (var prometheus in both)
        {
            Assert.Equal(Ours(names), Ours(await prometheus.NamesAsync()));
        }

        if (receiver is not null)
        {
            await ComparePushedAsync(scraped, receiver, serverPort, first, second);
        }

        await clients.DisposeAsync();
        await classic.DisposeAsync();
        await scraped.UntilAsync("sum(joborchestrator_nodes{client_health=\"healthy\"})", 0, Cancellation);
        var alert = (await scraped.RulesAsync())["NoHealthyClient"].GetProperty("query").GetString()!;
        Assert.Equal(0, Assert.Single(await scraped.QueryAsync(alert)).Value);
    }

    /// <summary>
    /// Where Prometheus does not take OTLP: what the programs sent, decoded and named as Prometheus documents it, is what it scraped, series by series;
    /// and what counts has the same values.
    /// </summary>
    private async Task ComparePushedAsync(Prometheus scraped, OtlpMetricsReceiver receiver, int server, int first, int second)
    {
        var instances = new Dictionary<string, string>
        {
            [$"127.0.0.1:{server}"] = $"{Environment.MachineName}:{server}",
            [$"127.0.0.1:{first}"] = $"a:{first}",
            [$"127.0.0.1:{second}"] = $"b:{second}",
        };
        while (true)
        {
            var expected = (await scraped.QueryAsync("{__name__=~\"joborchestrator_.*\",__name__!~\".*_created\"}")).ToDictionary(
                s => OtlpMetricsReceiver.Key(
                    s.Labels["__name__"], s.Labels.Where(l => l.Key != "otel_scope_name").Select(l => l.Key == "instance" ? new(l.Key, instances[l.Value]) : l)),
                s => s.Value, StringComparer.Ordinal);
            var sent = receiver.Series.Where(s => s.Key.StartsWith("joborchestrator_", StringComparison.Ordinal)).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
            var counted = expected.Where(s => CountedPattern().IsMatch(s.Key)).ToList();
            if (expected.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(sent.Keys) && counted.All(s => sent[s.Key] == s.Value))
            {
                Assert.True(counted.Count > 100, $"{counted.Count} series count");
                return;
            }

            Assert.False(
                Cancellation.IsCancellationRequested,
                $"only scraped: {string.Join("; ", expected.Keys.Except(sent.Keys))}\nonly sent: {string.Join("; ", sent.Keys.Except(expected.Keys))}\n"
                + string.Join("; ", counted.Where(s => sent.TryGetValue(s.Key, out var value) && value != s.Value).Select(s => $"{s.Key}: {s.Value} scraped, {sent[s.Key]} sent")));
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }

    private static IEnumerable<string> Ours(IEnumerable<string> names) =>
        names.Where(n => n.StartsWith("joborchestrator", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private async Task CompareAsync(Prometheus prometheus, int first, int second)
    {
        await using var database = new SqliteConnection($"Data Source={TestServer.DatabaseIn(_directory.Path)};Mode=ReadOnly;Pooling=false");
        await database.OpenAsync(Cancellation);
        var natives = $"('http://127.0.0.1:{first}', 'http://127.0.0.1:{second}')";
        await prometheus.UntilAsync("sum(joborchestrator_job_completions_total)", await CountAsync("SELECT COUNT(*) FROM Jobs WHERE EndedAt IS NOT NULL"), Cancellation);
        await prometheus.UntilAsync("sum(joborchestrator_client_completions_total)", await CountAsync($"SELECT COUNT(*) FROM Attempts WHERE Client IN {natives}"), Cancellation);
        await SameAsync("sum(joborchestrator_job_submissions_total)", "SELECT COUNT(*) FROM Jobs");
        await SameAsync("sum(joborchestrator_job_duration_seconds_count)", "SELECT COUNT(*) FROM Jobs");
        await SameAsync("sum(joborchestrator_job_completions_total{job_outcome=\"completed\",job_fault=\"none\"})", "SELECT COUNT(*) FROM Jobs WHERE State = 5");
        await SameAsync("sum(joborchestrator_job_completions_total{job_outcome=\"failed\",job_fault=\"script\"})", "SELECT COUNT(*) FROM Jobs WHERE State = 6");
        await SameAsync("sum(joborchestrator_job_completions_total{job_outcome=\"invalid\"})", "SELECT COUNT(*) FROM Jobs WHERE State = 7");
        await SameAsync("sum(joborchestrator_job_completions_total{job_outcome=\"killed\",job_fault=\"user\"})", "SELECT COUNT(*) FROM Jobs WHERE State = 8");
        await SameAsync("sum(joborchestrator_queue_wait_seconds_count)", "SELECT COUNT(*) FROM Attempts");
        await SameAsync("sum(joborchestrator_job_retries_total)", "SELECT SUM(Attempt - 1) FROM Jobs WHERE Attempt > 0");
        await SameAsync("sum(joborchestrator_client_kills_total)", $"SELECT COUNT(*) FROM Jobs WHERE State = 8 AND Client IN {natives}");
        Assert.Equal(0, await prometheus.ValueAsync("sum(joborchestrator_jobs)"));
        Assert.Equal(0, await prometheus.ValueAsync("sum(joborchestrator_queue_depth)"));
        Assert.Equal(3, await prometheus.ValueAsync("sum(joborchestrator_nodes{client_health=\"healthy\"})"));
        Assert.Equal(8, await prometheus.ValueAsync("sum(joborchestrator_client_slots)"));
        Assert.Equal(_jobs.Sum(j => j.Bytes), await prometheus.ValueAsync("sum(joborchestrator_upload_size_bytes_sum)"));
        Assert.Equal(
            new[] { $"127.0.0.1:{first}", $"127.0.0.1:{second}" }.Order(StringComparer.Ordinal),
            (await prometheus.QueryAsync("joborchestrator_node_slots")).Select(s => s.Labels["client_node"]["http://".Length..]).Order(StringComparer.Ordinal));

        async Task SameAsync(string expression, string sql) => Assert.Equal((expression, await CountAsync(sql)), (expression, await prometheus.ValueAsync(expression)));

        async Task<double> CountAsync(string sql)
        {
            await using var command = database.CreateCommand();
            command.CommandText = sql;
            return Convert.ToDouble(await command.ExecuteScalarAsync(Cancellation), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A hundred jobs of every kind.</summary>
    private async Task RunHalfAsync(HttpClient http, ClassicClientDouble classic)
    {
        var before = classic.Payloads.Count;
        var repeated = await SubmitAsync(http, Script, 1, "classic");
        classic.Forget(await classic.ArrivedAsync(before + 1));
        var jobs = new List<int>();
        for (var i = 0; i < 99; i++)
        {
            var (script, service) = i switch
            {
                < 80 => (Script, "example"),
                < 90 => ("exit 1\n", "example"),
                < 95 => ("true\r\n", "example"),
                < 97 => ("sleep 60\n", "limited"),
                _ => ("sleep 60\n", "example"),
            };
            jobs.Add(await SubmitAsync(http, script, i % 10, service));
        }

        foreach (var endless in jobs[97..])
        {
            await http.UntilAsync(endless, s => s.Status == ClassicStatus.Running);
            await http.TerminateAsync(endless);
        }

        classic.Set(await classic.ArrivedAsync(before + 1), "Completed");
        foreach (var job in jobs.Append(repeated))
        {
            await http.EndAsync(job);
        }
    }

    private async Task<int> SubmitAsync(HttpClient http, string script, int user, string service)
    {
        var id = await http.SubmitAsync(Form.Job(script, user, service));
        _jobs.Add((id, script.Length));
        return id;
    }

    private ProgramRun StartServer(int port, int first, int second, ClassicClientDouble classic, int prometheus)
    {
        var settings = new Dictionary<string, string>(Telemetry(prometheus))
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["AUTH"] = "off",
            ["DB_PATH"] = TestServer.DatabaseIn(_directory.Path),
            ["DATA_PATH"] = Path.Combine(_directory.Path, "server"),
            ["SERVICE_EXAMPLE_CLIENTS"] = $"http://127.0.0.1:{first},http://127.0.0.1:{second}",
            ["SERVICE_LIMITED_CLIENTS"] = $"http://127.0.0.1:{first}",
            ["SERVICE_LIMITED_TIME_LIMIT"] = "1",
        };
        foreach (var setting in classic.ServiceSettings)
        {
            var (name, value) = setting.Split('=', 2) is [var n, var v] ? (n, v) : throw new InvalidOperationException(setting);
            settings[name.Replace("EXAMPLE", "CLASSIC", StringComparison.Ordinal)] = value;
        }

        return ProgramRun.Start(Program("Server"), [], settings);
    }

    private ProgramRun StartClient(string name, int port, int prometheus) => ProgramRun.Start(Program("Client"), [], new Dictionary<string, string>(Telemetry(prometheus))
    {
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        ["NAME"] = name,
        ["SLOTS"] = "4",
        ["KILL_GRACE"] = "1",
        ["DATA_PATH"] = Path.Combine(_directory.Path, name),
    });

    private static Dictionary<string, string> Telemetry(int prometheus) => new()
    {
        ["METRICS_SCRAPE"] = "true",
        ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = $"http://127.0.0.1:{prometheus}{OtlpMetricsReceiver.Path}",
        ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
    };

    private static string Program(string name) => Path.Combine(AppContext.BaseDirectory, "JobOrchestrator." + name);

    /// <summary>The configuration as it is delivered, with the addresses of this run, and faster.</summary>
    private string Configure(string name, int server, int first, int second)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_directory.Path, "prometheus")).FullName;
        foreach (var rules in (string[])["alerts.yml", "recording.yml"])
        {
            File.WriteAllText(Path.Combine(directory, rules), Repository.Read("deploy", "prometheus", rules));
        }

        var text = Repository.Read("deploy", "prometheus", name)
            .Replace("_interval: 15s", "_interval: 500ms", StringComparison.Ordinal)
            .Replace("[server:5000]", $"['127.0.0.1:{server}']", StringComparison.Ordinal);
        text = DiscoveryPattern().Replace(text, $"static_configs:\n      - targets: ['127.0.0.1:{first}', '127.0.0.1:{second}']\n");
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    [GeneratedRegex("dns_sd_configs:[\\s\\S]*port: 9000\n")]
    private static partial Regex DiscoveryPattern();

    [GeneratedRegex(@"^joborchestrator_(client_)?(job|queue|run|upload|result|kills|limit|completions|validator|start)\w*(_total|_count|_bucket|_bytes_sum)\{")]
    private static partial Regex CountedPattern();

    [GeneratedRegex("alert: (\\w+)")]
    private static partial Regex AlertPattern();

    /// <summary>Programs that end together.</summary>
    private sealed class Programs(params ProgramRun[] runs) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var run in runs)
            {
                await run.DisposeAsync();
            }
        }
    }
}
