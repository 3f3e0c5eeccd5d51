using System.Globalization;
using System.Text.Json;

namespace JobOrchestrator.Tests.Support;

/// <summary>A real Prometheus 3 on a directory of its own.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    public const string OtlpFlag = "web.enable-otlp-receiver";

    private readonly ProgramRun _run;
    private readonly HttpClient _http;

    private Prometheus(ProgramRun run, Uri address)
    {
        _run = run;
        _http = new HttpClient { BaseAddress = address };
    }

    private static string Bin { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "joborchestrator", "prometheus-3", "usr", "bin");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static void SkipWithout()
    {
        if (!File.Exists(Path.Combine(Bin, "prometheus")))
        {
            Assert.Skip("Prometheus 3 is not here; eng/prometheus fetches it where a Debian mirror has it.");
        }
    }

    /// <summary>Whether this build takes OTLP: Debian's leaves it out.</summary>
    public static async Task<bool> TakesOtlpAsync()
    {
        await using var run = ProgramRun.Start(Path.Combine(Bin, "prometheus"), ["--help"]);
        await run.ExitAsync(Cancellation);
        return run.Output.Contains(OtlpFlag, StringComparison.Ordinal);
    }

    /// <summary>Runs promtool in a directory and returns its exit code and output.</summary>
    public static async Task<(int Code, string Output)> ToolAsync(string directory, params string[] arguments)
    {
        await using var run = ProgramRun.Start("env", ["-C", directory, Path.Combine(Bin, "promtool"), .. arguments]);
        return (await run.ExitAsync(Cancellation), run.Output);
    }

    /// <summary>Starts it with a configuration, and waits until it is ready.</summary>
    public static async Task<Prometheus> StartAsync(string configuration, int port, params string[] arguments)
    {
        var run = ProgramRun.Start(Path.Combine(Bin, "prometheus"),
        [
            $"--config.file={configuration}",
            $"--storage.tsdb.path={Path.Combine(Path.GetDirectoryName(configuration)!, $"data-{port}")}",
            $"--web.listen-address=127.0.0.1:{port}",
            .. arguments,
        ]);
        await run.LineAsync("Server is ready to receive web requests", Cancellation);
        return new Prometheus(run, new Uri($"http://127.0.0.1:{port}/"));
    }

    /// <summary>The value of each series an expression gives now.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> QueryAsync(string expression)
    {
        using var answer = await GetAsync("api/v1/query?query=" + Uri.EscapeDataString(expression));
        var data = answer.RootElement.GetProperty("data");
        Assert.True(data.GetProperty("resultType").GetString() == "vector", $"{expression} is no vector");
        return
        [
            .. data.GetProperty("result").EnumerateArray().Select(series => (
                (IReadOnlyDictionary<string, string>)series.GetProperty("metric").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!, StringComparer.Ordinal),
                double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>The one value of an expression; 0 where it gives none.</summary>
    public async Task<double> ValueAsync(string expression) => await QueryAsync(expression) is { Count: > 0 } values ? Assert.Single(values).Value : 0;

    /// <summary>Asks until an expression has a value, which it has when what was sent last has come in.</summary>
    public async Task UntilAsync(string expression, double expected, CancellationToken patience)
    {
        double value;
        while ((value = await ValueAsync(expression)) != expected)
        {
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"{expression} is {value}, not {expected}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>The rules it has loaded and evaluated, by name.</summary>
    public async Task<IReadOnlyDictionary<string, JsonElement>> RulesAsync()
    {
        using var answer = await GetAsync("api/v1/rules");
        return answer.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray()
            .SelectMany(g => g.GetProperty("rules").EnumerateArray())
            .ToDictionary(r => r.GetProperty("name").GetString()!, r => r.Clone(), StringComparer.Ordinal);
    }

    /// <summary>Names of all series.</summary>
    public async Task<IReadOnlySet<string>> NamesAsync()
    {
        using var answer = await GetAsync("api/v1/label/__name__/values");
        return answer.RootElement.GetProperty("data").EnumerateArray().Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _run.DisposeAsync();
    }

    private async Task<JsonDocument> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(path, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{Uri.UnescapeDataString(path)}: {text}");
        return JsonDocument.Parse(text);
    }
}
