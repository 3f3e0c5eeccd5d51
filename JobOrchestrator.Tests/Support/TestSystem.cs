namespace JobOrchestrator.Tests.Support;

/// <summary>A server and some clients of ours in this process, the clients serving the service "example".</summary>
internal sealed class TestSystem : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<TestClient> _clients = [];

    private TestSystem()
    {
    }

    public TestServer Server { get; private set; } = null!;

    public HttpClient Http => Server.Http;

    public string Directory => _directory.Path;

    public IReadOnlyList<TestClient> Clients => _clients;

    /// <summary>Starts the clients, then the server.</summary>
    /// <param name="clients">How many; with none the service's one address has nobody behind it.</param>
    /// <param name="settings">Of the server, <c>MAX_AGE=5</c>.</param>
    /// <param name="clientSettings">Of each client, <c>SLOTS=1</c>.</param>
    public static async Task<TestSystem> StartAsync(int clients = 1, string[]? settings = null, string[]? clientSettings = null)
    {
        var system = new TestSystem();
        try
        {
            for (var i = 0; i < clients; i++)
            {
                system._clients.Add(await TestClient.StartAsync(Path.Combine(system.Directory, $"client-{i}"), clientSettings ?? []));
            }

            await system.StartServerAsync(settings);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the server and starts it again on the same files, with other settings where some are given.</summary>
    public async Task RestartServerAsync(string[]? settings = null, bool withService = true)
    {
        await Server.DisposeAsync();
        await StartServerAsync(settings, withService);
    }

    /// <summary>Stops the server alone; <see cref="StartAgainAsync"/> starts it on the same files.</summary>
    public async Task StopServerAsync()
    {
        await Server.DisposeAsync();
        Server = null!;
    }

    public Task StartAgainAsync() => StartServerAsync(settings: null);

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await Processes.KillAllWithMarkerAsync(Directory);
        _directory.Dispose();
    }

    private async Task StartServerAsync(string[]? settings, bool withService = true)
    {
        var nodes = _clients.Count == 0 ? "http://127.0.0.1:1" : string.Join(',', _clients.Select(c => c.Address));
        Server = await TestServer.StartAsync(Directory, [.. withService ? (string[])[$"SERVICE_EXAMPLE_CLIENTS={nodes}"] : [], .. settings ?? []]);
    }
}
