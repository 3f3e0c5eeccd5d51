using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;
using Microsoft.Playwright;

namespace JobOrchestrator.Tests.Ui;

/// <summary>The server and a client as real processes, and a real browser.</summary>
internal sealed class UiHost : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly int _serverPort = FreePort.Choose();
    private readonly int _clientPort = FreePort.Choose();
    private readonly string[] _settings;
    private ProgramRun? _server;
    private ProgramRun? _client;
    private TestBrowser? _browser;

    private UiHost(string[] settings) => _settings = settings;

    public string WorkPath => _directory.Path;

    public Uri Address => new($"http://127.0.0.1:{_serverPort}");

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Starts everything; skips the test where there is no browser.</summary>
    /// <param name="settings">Of the server, <c>AUTH=on</c>.</param>
    public static async Task<UiHost> StartAsync(params string[] settings)
    {
        TestBrowser.SkipWithout();
        var host = new UiHost(settings);
        try
        {
            host._client = Run("Client", [$"ASPNETCORE_URLS=http://127.0.0.1:{host._clientPort}", $"DATA_PATH={host._directory.Path}/client", "NAME=client-1", "KILL_GRACE=1", "SANDBOX=process"]);
            await host.StartServerAsync();
            host.Http = new HttpClient { BaseAddress = host.Address };
            host._browser = await TestBrowser.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>A page of a browser that has never been here. Anything it fetches from elsewhere fails the test when the page is closed.</summary>
    public async Task<IPage> OpenAsync(string path, int width = 1280, ColorScheme colours = ColorScheme.Light)
    {
        var page = await _browser!.OpenAsync(width, colours);
        page.Request += (_, request) =>
        {
            var scheme = new Uri(request.Url);
            Assert.True(scheme.Scheme is "data" or "blob" || scheme.Authority == Address.Authority, $"The page fetched {request.Url}");
        };
        await page.GotoAsync(new Uri(Address, path).AbsoluteUri);
        return page;
    }

    /// <summary>A file to drop or choose.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public async Task StartServerAsync()
    {
        _server = Run("Server", [
            $"ASPNETCORE_URLS={Address}", "AUTH=off", $"DB_PATH={DatabasePath}", $"DATA_PATH={_directory.Path}/server",
            $"SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:{_clientPort}", .. _settings]);
        await _server.LineAsync("Application started", TestContext.Current.CancellationToken);
    }

    public string DatabasePath => Path.Combine(_directory.Path, "jobs.sqlite");

    public async Task StopServerAsync()
    {
        Processes.Signal(_server!.Id, Processes.SigKill);
        await _server.ExitAsync(TestContext.Current.CancellationToken);
        await _server.DisposeAsync();
        _server = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        Http?.Dispose();
        foreach (var run in (ProgramRun?[])[_server, _client])
        {
            if (run is not null)
            {
                await run.DisposeAsync();
            }
        }

        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    /// <summary>From the project's own output, where its static files are found.</summary>
    private static ProgramRun Run(string project, string[] environment) => ProgramRun.Start(
        "env", [.. environment, Repository.PathOf($"JobOrchestrator.{project}", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", $"JobOrchestrator.{project}")]);
}
