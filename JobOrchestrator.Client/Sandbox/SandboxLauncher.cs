using System.ComponentModel;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>Starts scripts under launchers of their own.</summary>
internal sealed class SandboxLauncher(SandboxPolicy policy, LauncherPatience patience) : IDisposable
{
    /// <summary>Only the managed launcher of a development build needs it, to find its runtime.</summary>
    private static readonly string[] LauncherEnvironment =
        Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } dotnet ? [$"DOTNET_ROOT={dotnet}"] : [];

    private static readonly string Native = Path.Combine(AppContext.BaseDirectory, "launcher", "JobOrchestrator.Launcher");
    private static readonly string Managed = Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Launcher");

    private readonly Lock _gate = new();
    private ForkServerProcess? _forkServer;

    private static string Program => CanFork ? Native : Managed;

    /// <summary>Whether there is a launcher compiled ahead of time, which can make copies of itself.</summary>
    internal static bool CanFork { get; } = File.Exists(Native);

    /// <summary>How long a fork server may take to answer: a fork takes a millisecond; what takes so long is not going to happen.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Process id of the launcher that the others are copies of; null when there is none.</summary>
    internal int? ForkServerId => _forkServer?.Id;

    /// <summary>Starts the script.</summary>
    /// <exception cref="SandboxException">The launcher could not be started.</exception>
    public SandboxRun Start(SandboxSpec spec, LaunchTier tier)
    {
        Directory.CreateDirectory(Path.Combine(spec.ControlDirectory, "tmp"));
        ControlFiles.CreateKillPipe(spec.ControlDirectory);
        var launch = policy.ToLaunchSpec(spec, tier);
        try
        {
            ControlFiles.WriteSpec(spec.ControlDirectory, launch);
            return Holding(launch.Cores, CanFork ? Fork(spec.ControlDirectory) : StartProgram(spec.ControlDirectory, patience));
        }
        catch (Exception e)
        {
            policy.Cores.Release(launch.Cores);
            if (e is Win32Exception)
            {
                throw new SandboxException($"Cannot start the launcher '{Program}': {e.Message}", e);
            }

            throw;
        }
    }

    /// <inheritdoc cref="SandboxRun.Adopt"/>
    public SandboxRun? Adopt(string controlDirectory)
    {
        var run = SandboxRun.Adopt(controlDirectory, patience);
        if (run is not { Completion.IsCompleted: false } || ControlFiles.TryReadSpec(controlDirectory) is not { Cores: { Count: > 0 } cores })
        {
            return run;
        }

        policy.Cores.Hold(cores);
        return Holding(cores, run);
    }

    public void Dispose() => _forkServer?.Dispose();

    /// <summary>A launcher that is no copy of another; its orders are written.</summary>
    internal static SandboxRun StartProgram(string controlDirectory, LauncherPatience patience) =>
        SandboxRun.Watch(controlDirectory, LauncherProcess.Start(Program, [controlDirectory], controlDirectory, LauncherEnvironment), patience);

    /// <summary>Gives the run's cores back when it has ended.</summary>
    private SandboxRun Holding(IReadOnlyList<int> cores, SandboxRun run)
    {
        if (cores.Count > 0)
        {
            _ = run.Completion.ContinueWith(
                _ => policy.Cores.Release(cores), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // before anybody else learns of it
        }

        return run;
    }

    private SandboxRun Fork(string controlDirectory)
    {
        lock (_gate)
        {
            try
            {
                _forkServer ??= ForkServerProcess.Start(Native, LauncherEnvironment);
                return SandboxRun.Watch(controlDirectory, _forkServer.Fork(controlDirectory, Patience), patience);
            }
            catch (IOException)
            {
                // The next job gets a new one. Whether this job was started is seen from what there is of it.
                _forkServer!.Dispose();
                _forkServer = null;
                return SandboxRun.Adopt(controlDirectory, patience) ?? StartProgram(controlDirectory, patience);
            }
        }
    }
}
