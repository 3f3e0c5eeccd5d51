using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>A client for attacks, in this process or, stripped of all privileges, in one of its own.</summary>
internal sealed class ConformanceClient : IAsyncDisposable
{
    private const string NobodysId = "10001";
    private static readonly string[] Settings = ["SLOTS=64", "KILL_GRACE=1", "VALIDATION=off"];

    private readonly TemporaryDirectory _directory = new();
    private TestClient? _client;
    private ProgramRun? _program;

    private ConformanceClient()
    {
        DataPath = Path.Combine(_directory.Path, "data");
        Outside = Path.Combine(_directory.Path, "outside");
    }

    public HttpClient Http { get; private set; } = null!;

    public int ProcessId { get; private set; }

    public string DataPath { get; }

    /// <summary>A directory with <c>file</c> and <c>removable</c> in it, beside the client's.</summary>
    public string Outside { get; }

    public string OutsideFile => Path.Combine(Outside, "file");

    /// <summary>Starts it in this process.</summary>
    public static async Task<ConformanceClient> StartAsync(string tier)
    {
        var client = new ConformanceClient();
        client.Prepare();
        client._client = await TestClient.StartAsync(client.DataPath, [.. Settings, "SANDBOX=" + tier]);
        client.Http = new HttpClient { BaseAddress = client._client.Address };
        client.ProcessId = Environment.ProcessId;
        return client;
    }

    /// <summary>
    /// Starts it as in a hardened container: an ordinary user without any capability, without new privileges, without namespaces to be had, on a read-only root
    /// file system.
    /// </summary>
    public static async Task<ConformanceClient> StartHardenedAsync(CancellationToken cancellation)
    {
        var client = new ConformanceClient();
        client.Prepare();
        var root = client._directory.Path;
        string[] user = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid", NobodysId, "--regid", NobodysId, "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
            : ["setpriv", "--no-new-privs"];
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["-R", $"{NobodysId}:{NobodysId}", root], cancellation);
        }

        client._program = ProgramRun.Start(
            user[0],
            [
                .. user[1..], "bwrap", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--bind", root, root, "--",
                Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Client"), "--urls=http://127.0.0.1:0", "--DATA_PATH=" + client.DataPath, .. Settings.Select(s => "--" + s),
            ],
            new Dictionary<string, string> { ["DOTNET_EnableDiagnostics"] = "0", ["TMPDIR"] = root, ["HOME"] = root });
        var line = await client._program.LineAsync("Now listening on:", cancellation);
        client.Http = new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http:", StringComparison.Ordinal)..].Trim()) };
        client.ProcessId = Processes.WithMarker("--DATA_PATH=" + client.DataPath).Where(p => !p.Value.Contains("bwrap", StringComparison.Ordinal)).Select(p => p.Key).First();
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_program is not null)
        {
            await _program.DisposeAsync();
        }

        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        await using var run = ProgramRun.Start(program, arguments);
        Assert.Equal(0, await run.ExitAsync(cancellation));
    }

    private void Prepare()
    {
        Directory.CreateDirectory(Outside);
        File.WriteAllText(OutsideFile, "somebody's\n");
        File.WriteAllText(Path.Combine(Outside, "removable"), "");
    }
}
