using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>One server and one client of ours as real processes on a data directory of their own; or a program that runs elsewhere.</summary>
internal sealed class SystemUnderTest : IAsyncDisposable
{
    private readonly string? _directory;
    private (Func<MeasuredProcess> Server, Func<MeasuredProcess> Client, Uri ClientHealth) _restart;

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

    /// <summary>Null when the program runs elsewhere.</summary>
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
    public static async Task<SystemUnderTest> StartAsync(
        RunContext context, int? limit = null, int? slots = null, Func<string, Task>? prepare = null, string? parked = null,
        IReadOnlyDictionary<string, string>? settings = null)
    {
        var system = context.Url is { } url
            ? new SystemUnderTest(url, null)
            : await StartOwnAsync(context.Programs, limit, slots, prepare, parked, settings ?? new Dictionary<string, string>(), context.Cancellation);
        for (var i = 0; i < 60; i++)
        {
            await system.Driver.RoundTripAsync("true\n", context.Cancellation);
        }

        return system;
    }

    /// <summary>Ends both processes and starts them again; seconds until each was healthy.</summary>
    public async Task<(double Server, double Client)> RestartAsync(CancellationToken cancellation)
    {
        await Server!.DisposeAsync();
        await Client!.DisposeAsync();
        var started = Stopwatch.GetTimestamp();
        Client = _restart.Client();
        await Client.HealthyAsync(_restart.ClientHealth, cancellation);
        var client = Stopwatch.GetElapsedTime(started).TotalSeconds;
        started = Stopwatch.GetTimestamp();
        Server = _restart.Server();
        await Server.HealthyAsync(new Uri(Address, "health"), cancellation);
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, client);
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
        CancellationToken cancellation)
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
            ["SERVICE_EXAMPLE_CLIENTS"] = $"http://127.0.0.1:{client}",
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

        system._restart = (
            () => MeasuredProcess.Start(programs.PathOf("JobOrchestrator.Server"), directory, environment),
            () => MeasuredProcess.Start(programs.PathOf("JobOrchestrator.Client"), directory, ours),
            new Uri($"http://127.0.0.1:{client}/health"));
        try
        {
            system.Client = MeasuredProcess.Start(programs.PathOf("JobOrchestrator.Client"), directory, ours);
            await system.Client.HealthyAsync(new Uri($"http://127.0.0.1:{client}/health"), cancellation);
            if (prepare is not null)
            {
                await using (var first = MeasuredProcess.Start(programs.PathOf("JobOrchestrator.Server"), directory, environment))
                {
                    await first.HealthyAsync(new Uri(system.Address, "health"), cancellation);
                }

                await prepare(database);
            }

            system.Server = MeasuredProcess.Start(programs.PathOf("JobOrchestrator.Server"), directory, environment);
            await system.Server.HealthyAsync(new Uri(system.Address, "health"), cancellation);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
