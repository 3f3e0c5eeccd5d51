using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>One server and three clients as real processes, with a wire that can be cut between the server and each client.</summary>
internal sealed class ChaosSystem : IAsyncDisposable
{
    public const int RunsPerUser = 3;
    public const int MaxRuns = 10;
    private const int Clients = 3;

    private readonly TemporaryDirectory _directory = new();

    private ChaosSystem()
    {
        Ledger = new Ledger(Path.Combine(Directory, "ledger"));
        var (database, data) = (Path.Combine(Directory, "jobs.sqlite"), Path.Combine(Directory, "data"));
        var clientData = Enumerable.Range(0, Clients).Select(i => Path.Combine(Directory, $"client-{i}")).ToArray();
        var ports = clientData.Select(_ => FreePort.Choose()).ToArray();
        Wires = [.. ports.Select(port => new TcpProxy(port))];
        Nodes = [.. clientData.Zip(ports, (path, port) => new Daemon("JobOrchestrator.Client", port, new Dictionary<string, string>
        {
            ["DATA_PATH"] = path,
            ["SLOTS"] = "4",
            ["KILL_GRACE"] = "1",
            ["DRAIN_TIME"] = "1",
            ["VALIDATION"] = "off",
            ["SANDBOX"] = "process",
            ["Logging__LogLevel__Default"] = "Warning",
        }))];
        Server = new Daemon("JobOrchestrator.Server", FreePort.Choose(), new Dictionary<string, string>
        {
            ["AUTH"] = "off",
            ["DB_PATH"] = database,
            ["DATA_PATH"] = data,
            ["CLIENT_LOST_AFTER"] = "3",
            ["STOP_GRACE"] = "3",
            ["TRANSFER_STANDSTILL"] = "3",
            ["SERVICE_EXAMPLE_CLIENTS"] = string.Join(',', Wires.Select(w => w.Address)),
            ["SERVICE_EXAMPLE_RUNS_PER_USER"] = $"{RunsPerUser}",
            ["SERVICE_EXAMPLE_MAX_RUNS"] = $"{MaxRuns}",
            ["Logging__LogLevel__Default"] = "Warning",
        });
        Checker = new HistoryChecker(database, data, clientData, Ledger, RunsPerUser, MaxRuns);
    }

    public string Directory => _directory.Path;

    public Daemon Server { get; }

    public IReadOnlyList<Daemon> Nodes { get; }

    public IReadOnlyList<TcpProxy> Wires { get; }

    public Ledger Ledger { get; }

    public HistoryChecker Checker { get; }

    public IEnumerable<Daemon> Daemons => Nodes.Append(Server);

    public static async Task<ChaosSystem> StartAsync(CancellationToken cancellation)
    {
        var system = new ChaosSystem();
        try
        {
            await Task.WhenAll(system.Daemons.Select(d => d.StartAsync(cancellation)));
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Processes of jobs: those that bear the directory's name and are none of ours.</summary>
    public IReadOnlyDictionary<int, string> JobProcesses()
    {
        var ours = Daemons.Select(d => d.ProcessId).ToHashSet();
        return Processes.WithMarker(Directory).Where(p => !ours.Contains(p.Key)).ToDictionary();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in Daemons)
        {
            await daemon.DisposeAsync();
        }

        foreach (var wire in Wires)
        {
            await wire.DisposeAsync();
        }

        await Processes.KillAllWithMarkerAsync(Directory);
        _directory.Dispose();
    }
}
