using System.Globalization;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Tests.Support;

/// <summary>Our server and one client of ours as the processes they are in production, on a directory of their own.</summary>
internal sealed partial class RealSystem : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _serverSettings;
    private readonly Dictionary<string, string> _clientSettings;

    private RealSystem(Dictionary<string, string>? serverSettings, Dictionary<string, string>? clientSettings)
    {
        var (serverPort, clientPort) = (FreePort.Choose(), FreePort.Choose());
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{serverPort}"), Timeout = TimeSpan.FromMinutes(5) };
        ClientAddress = new Uri($"http://127.0.0.1:{clientPort}");
        _serverSettings = new Dictionary<string, string>(serverSettings ?? [], StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = Http.BaseAddress.ToString(),
            ["SERVICE_EXAMPLE_CLIENTS"] = ClientAddress.ToString(),
        };
        _serverSettings.TryAdd("AUTH", "off");
        _serverSettings.TryAdd("DB_PATH", Path.Combine(Directory, "jobs.sqlite"));
        _serverSettings.TryAdd("DATA_PATH", Path.Combine(Directory, "data"));
        _clientSettings = new Dictionary<string, string>(clientSettings ?? [], StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = ClientAddress.ToString(),
            ["DATA_PATH"] = Path.Combine(Directory, "client"),
            ["SANDBOX"] = "process", // many scripts write outside their directory
        };
    }

    public HttpClient Http { get; }

    public Uri ClientAddress { get; }

    public string Directory => _directory.Path;

    /// <summary>The server's environment.</summary>
    public IReadOnlyDictionary<string, string> ServerSettings => _serverSettings;

    public ProgramRun Server { get; private set; } = null!;

    public ProgramRun Client { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RealSystem> StartAsync(
        Dictionary<string, string>? serverSettings = null, Dictionary<string, string>? clientSettings = null)
    {
        var system = new RealSystem(serverSettings, clientSettings);
        try
        {
            await system.StartClientAsync();
            await system.StartServerAsync();
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets the next start of the server be on other files.</summary>
    public void MoveTo(string directory, string maxAge)
    {
        _serverSettings["DB_PATH"] = Path.Combine(directory, "jobs.sqlite");
        _serverSettings["DATA_PATH"] = Path.Combine(directory, "data");
        _serverSettings["MAX_AGE"] = maxAge;
    }

    public async Task StartServerAsync()
    {
        Server = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), [], _serverSettings);
        await HealthyAsync(Server, new Uri(Http.BaseAddress!, "/health"));
    }

    public async Task StartClientAsync()
    {
        Client = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Client"), [], _clientSettings);
        await HealthyAsync(Client, new Uri(ClientAddress, "/health"));
    }

    /// <summary>Runs a command of the server on the server's files, and expects it to succeed.</summary>
    public async Task RunServerAsync(params string[] arguments)
    {
        await using var run = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), arguments, _serverSettings);
        Assert.True(await run.ExitAsync(Cancellation) == 0, run.Output);
    }

    /// <summary>What the client node has, asked of itself.</summary>
    public async Task<IReadOnlyList<ExecutionReport>> ExecutionsAsync()
    {
        using var client = new HttpClient { BaseAddress = ClientAddress };
        return (await client.GetFromJsonAsync("/executions", ContractsJson.Default.IReadOnlyListExecutionReport, Cancellation))!;
    }

    /// <summary>Ends a process as a power cut would.</summary>
    public static async Task KillAsync(ProgramRun program)
    {
        Processes.Signal(program.Id, Processes.SigKill);
        await program.ExitAsync(Cancellation);
    }

    /// <summary>Lets the peak of a process's resident memory begin again from what is resident now, and returns that in MiB.</summary>
    public static double ResetPeak(ProgramRun program)
    {
        File.WriteAllText($"/proc/{program.Id}/clear_refs", "5");
        return MiB(program, "VmRSS");
    }

    /// <summary>The most memory that was resident since <see cref="ResetPeak"/>, MiB.</summary>
    public static double Peak(ProgramRun program) => MiB(program, "VmHWM");

    /// <summary>CPU time of a process so far, user and system.</summary>
    public static TimeSpan CpuTime(ProgramRun program)
    {
        var stat = File.ReadAllText($"/proc/{program.Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var program in new[] { Server, Client })
        {
            if (program is not null)
            {
                await program.DisposeAsync();
            }
        }

        await Processes.KillAllWithMarkerAsync(Directory);
        _directory.Dispose();
    }

    private static async Task HealthyAsync(ProgramRun program, Uri address)
    {
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(address, Cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!program.HasExited)
            {
                // It does not listen yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    private static double MiB(ProgramRun program, string field) => double.Parse(
        Regex.Match(File.ReadAllText($"/proc/{program.Id}/status"), $@"{field}:\s+(\d+) kB").Groups[1].Value, CultureInfo.InvariantCulture) / 1024;
}
