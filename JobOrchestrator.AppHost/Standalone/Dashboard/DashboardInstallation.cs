using System.Runtime.InteropServices;

namespace JobOrchestrator.AppHost.Standalone.Dashboard;

/// <summary>
/// Where the dashboard's program is: an <c>aspire</c> on the PATH, else our cache, else to be fetched into it once. It is part of the
/// Aspire command line, which npm carries ready-made.
/// </summary>
internal sealed class DashboardInstallation
{
    private const string Version = "13.5.4";

    private readonly string? _npm;
    private readonly string _cached;

    private DashboardInstallation(string? installed, string? npm, string cached)
    {
        _npm = npm;
        _cached = cached;
        Command = installed is null
            ? (Path.Combine(cached, "aspire-managed"), ["dashboard"])
            : (installed, ["dashboard", "run", "--allow-anonymous", "--non-interactive", "--nologo"]);
    }

    private static string Package { get; } =
        $"@microsoft/aspire-cli-linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>The program and its arguments.</summary>
    public (string Executable, string[] Arguments) Command { get; }

    /// <summary>Null when it is nowhere, and nothing can fetch it.</summary>
    public static DashboardInstallation? Locate()
    {
        var cached = Path.Combine(CacheDirectory(), "joborchestrator", $"aspire-dashboard-{Version}");
        var installed = OnPath("aspire");
        var npm = OnPath("npm");
        return installed is not null || Directory.Exists(cached) || npm is not null ? new DashboardInstallation(installed, npm, cached) : null;
    }

    /// <summary>Fetches it where it is not there yet. Interrupted at any point, it leaves nothing that looks complete.</summary>
    /// <exception cref="HostException">It could not be fetched.</exception>
    public async Task FetchAsync(DashboardProcess.Starter start, Action<string> say, CancellationToken cancellation)
    {
        if (Command.Executable != Path.Combine(_cached, "aspire-managed") || Directory.Exists(_cached))
        {
            return;
        }

        var temporary = Directory.CreateDirectory($"{_cached}.{Environment.ProcessId}.tmp").FullName;
        try
        {
            say($"Fetching the Aspire Dashboard {Version} with npm, once (about 150 MB); the application starts meanwhile ...");
            await RunToolAsync(start, _npm!, ["install", "--prefix", temporary, "--no-audit", "--no-fund", "--no-save", $"{Package}@{Version}"], cancellation);
            say("Unpacking the dashboard ...");
            var cli = Path.Combine(temporary, "node_modules", Package, "bin", "aspire");
            var bundle = Path.Combine(temporary, "bundle");
            await RunToolAsync(start, cli, ["setup", "--install-path", bundle, "--non-interactive", "--nologo"], cancellation);
            var managed = Directory.GetDirectories(Path.Combine(bundle, "versions")).Select(d => Path.Combine(d, "managed")).FirstOrDefault(Directory.Exists)
                ?? throw new HostException($"what npm brought ({Package} {Version}) unpacks to something without 'managed'; install 'aspire' from https://aspire.dev instead.");
            if (!Directory.Exists(_cached))
            {
                Directory.Move(managed, _cached);
            }
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static async Task RunToolAsync(DashboardProcess.Starter start, string executable, string[] arguments, CancellationToken cancellation)
    {
        var lines = new List<string>();
        var process = start(
            executable,
            arguments,
            new Dictionary<string, string> { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1", ["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "true" },
            line =>
            {
                lock (lines)
                {
                    lines.Add(line);
                }
            });
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new HostException($"'{executable} {string.Join(' ', arguments)}' ended with exit code {process.ExitCode}: {string.Join(Environment.NewLine, lines.TakeLast(10))}");
        }
    }

    private static string CacheDirectory() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
        ? cache
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);
}
