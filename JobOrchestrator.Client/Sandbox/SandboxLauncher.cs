using System.ComponentModel;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>Starts scripts under launchers of their own.</summary>
internal sealed class SandboxLauncher(SandboxPolicy policy)
{
    /// <summary>Only the managed launcher of a development build needs it, to find its runtime.</summary>
    private static readonly string[] LauncherEnvironment =
        Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } dotnet ? [$"DOTNET_ROOT={dotnet}"] : [];

    private readonly string _launcher = LauncherPath();

    /// <summary>Starts the script.</summary>
    /// <exception cref="SandboxException">The launcher could not be started.</exception>
    public SandboxRun Start(SandboxSpec spec, LaunchTier tier)
    {
        Directory.CreateDirectory(Path.Combine(spec.ControlDirectory, "tmp"));
        ControlFiles.CreateKillPipe(spec.ControlDirectory);
        ControlFiles.WriteSpec(spec.ControlDirectory, policy.ToLaunchSpec(spec, tier));
        try
        {
            return SandboxRun.Watch(
                spec.ControlDirectory, LauncherProcess.Start(_launcher, spec.ControlDirectory, spec.ControlDirectory, LauncherEnvironment));
        }
        catch (Win32Exception e)
        {
            throw new SandboxException($"Cannot start the launcher '{_launcher}': {e.Message}", e);
        }
    }

    private static string LauncherPath()
    {
        var native = Path.Combine(AppContext.BaseDirectory, "launcher", "JobOrchestrator.Launcher");
        return File.Exists(native) ? native : Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Launcher");
    }
}
