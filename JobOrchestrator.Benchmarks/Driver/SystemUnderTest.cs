using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>One server and one client of ours, or simulated nodes, as real processes on a data directory of their own; or a program that runs elsewhere.</summary>
internal sealed class SystemUnderTest : IAsyncDisposable
{
    private readonly string? _directory;
    private Func<Task<MeasuredProcess>>? _startServer;
    private Func<Task<MeasuredProcess>>? _startClient;

    private SystemUnderTest(Uri address, string? directory)
    {
        Address = address;
        _directory = directory;
        Driver = new ClassicDriver(address);
    }

    public Uri Address { get; }

    public ClassicDriver Driver { get; }

    /// <summary>Null when the program runs elsewhere.</summary>
    public MeasuredProcess? Server { get; private set; }

    /// <summary>Null when the program runs elsewhere, or its nodes are simulated.</summary>
    public MeasuredProcess? Client { get; private set; }

    /// <summary>Where the first attempt of a job of our own system runs: the one place its script sees, whatever its sandbox.</summary>
    public string WorkOf(int job) =>
        Path.Combine(Directory.EnumerateDirectories(Path.Combine(_directory!, "client", "executions"), $"{job}-1-*").Single(), "work");

    /// <summary>Starts the system, or connects to the one of <paramref name="context"/>, and warms it up with some jobs.</summary>
    /// <param name="context">Of the run.</param>
    /// <param name="limit">Executions of a user and of the service at once; null for the defaults.</param>
    /// <param name="slots">Executions the client runs at once; null for its default.</param>
    /// <param name="prepare">Is given the path of the database before the server starts for good.</param>
    /// <param name="parked">Name of a second service, whose only node is not there; null for none.</param>
    /// <param name="settings">More settings, of both programs.</param>
    /// <param name="nodes">Stand in for the client; null for a real one.</param>
    public static async Task<SystemUnderTest> StartAsync(
        RunContext context, int? limit = null, int? slots = null, Func<string, Task>? prepare = null, string? parked = null,
        IReadOnlyDictionary<string, string>? settings = null, SimulatedNodes? nodes = null)
    {
        var system = context.Url is { } url
            ? new SystemUnderTest(url, null)
            : await StartOwnAsync(context.Programs, limit, slots, prepare, parked, settings ?? new Dictionary<string, string>(), nodes, context.Cancellation);
        for (var i = 0; i < 60; i++)
        {
            await system.Driver.RoundTripAsync("true\n", context.Cancellation);
        }

        return system;
    }

    /// <summary>Ends both processes and starts them again; seconds until each was healthy.</summary>
    public async Task<(double Server, double Client)> RestartAsync()
    {
        await Server!.DisposeAsync();
        await Client!.DisposeAsync();
        var started = Stopwatch.GetTimestamp();
        Client = await _startClient!();
        var client = Stopwatch.GetElapsedTime(started).TotalSeconds;
        started = Stopwatch.GetTimestamp();
        Server = await _startServer!();
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, client);
    }

    /// <summary>Ends the server and starts it again; seconds until it was healthy, and until it knew that each of its nodes is.</summary>
    public async Task<(double Server, double Nodes)> RestartServerAsync(int nodes, CancellationToken cancellation)
    {
        await Server!.DisposeAsync();
        var started = Stopwatch.GetTimestamp();
        Server = await _startServer!();
        var server = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await NodesHealthyAsync(nodes, cancellation);
        return (server, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Waits until the server knows so many nodes to be healthy.</summary>
    public async Task NodesHealthyAsync(int nodes, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        var address = new Uri(Address, "api/v1/clients");
        while ((await http.GetFromJsonAsync(address, V1Json.Default.ClientList, cancellation))!.Clients.Count(c => c.Health == ClientHealth.Healthy) < nodes)
        {
            await Task.Delay(50, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Driver.Dispose();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        if (Client is not null)
        {
            await Client.DisposeAsync();
        }

        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static async Task<SystemUnderTest> StartOwnAsync(
        Programs programs, int? limit, int? slots, Func<string, Task>? prepare, string? parked, IReadOnlyDictionary<string, string> settings,
        SimulatedNodes? nodes, CancellationToken cancellation)
    {
        var directory = Directory.CreateTempSubdirectory("joborchestrator-benchmark-").FullName;
        var (server, client) = (FreePort(), FreePort());
        var system = new SystemUnderTest(new Uri($"http://127.0.0.1:{server}/"), directory);
        var database = Path.Combine(directory, "jobs.sqlite");
        var environment = new Dictionary<string, string>(settings)
        {
            ["ASPNETCORE_URLS"] = system.Address.ToString(),
            ["AUTH"] = "off",
            ["DB_PATH"] = database,
            ["DATA_PATH"] = Path.Combine(directory, "server"),
            ["SERVICE_EXAMPLE_CLIENTS"] = nodes is null ? $"http://127.0.0.1:{client}" : string.Join(',', nodes.Addresses),
        };
        if (limit is { } runs)
        {
            environment["SERVICE_EXAMPLE_RUNS_PER_USER"] = environment["SERVICE_EXAMPLE_MAX_RUNS"] = runs.ToString(CultureInfo.InvariantCulture);
        }

        if (parked is not null)
        {
            environment[$"SERVICE_{parked.ToUpperInvariant()}_CLIENTS"] = $"http://127.0.0.1:{FreePort()}";
        }

        var ours = new Dictionary<string, string>(settings)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{client}",
            ["DATA_PATH"] = Path.Combine(directory, "client"),
        };
        if (slots is { } count)
        {
            ours["SLOTS"] = count.ToString(CultureInfo.InvariantCulture);
        }

        system._startServer = () => StartAsync("JobOrchestrator.Server", environment, system.Address);
        system._startClient = () => StartAsync("JobOrchestrator.Client", ours, new Uri($"http://127.0.0.1:{client}/"));
        try
        {
            if (nodes is null)
            {
                system.Client = await system._startClient();
            }

            if (prepare is not null)
            {
                await using (await system._startServer())
                {
                    // It makes the database.
                }

                await prepare(database);
            }

            system.Server = await system._startServer();
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }

        async Task<MeasuredProcess> StartAsync(string program, Dictionary<string, string> its, Uri address)
        {
            var process = MeasuredProcess.Start(programs.PathOf(program), directory, its);
            try
            {
                await process.HealthyAsync(new Uri(address, "health"), cancellation);
                return process;
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
