using System.ComponentModel;
using System.Diagnostics;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>Starts scripts under launchers of their own.</summary>
internal sealed class SandboxLauncher(SandboxPolicy policy)
{
    private readonly string _launcher = LauncherPath();

    /// <summary>Starts the script.</summary>
    /// <exception cref="SandboxException">The launcher could not be started.</exception>
    public SandboxRun Start(SandboxSpec spec, LaunchTier tier)
    {
        Directory.CreateDirectory(Path.Combine(spec.ControlDirectory, "tmp"));
        ControlFiles.CreateKillPipe(spec.ControlDirectory);
        ControlFiles.WriteSpec(spec.ControlDirectory, policy.ToLaunchSpec(spec, tier));
        var info = new ProcessStartInfo { FileName = _launcher, UseShellExecute = false, WorkingDirectory = spec.ControlDirectory };
        info.ArgumentList.Add(spec.ControlDirectory);
        info.Environment.Clear();
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } dotnet)
        {
            // Only the managed launcher of a development build needs it, to find its runtime.
            info.Environment["DOTNET_ROOT"] = dotnet;
        }

        try
        {
            return SandboxRun.Watch(spec.ControlDirectory, Process.Start(info)!);
        }
        catch (Win32Exception e)
        {
            throw new SandboxException($"Cannot start the launcher '{info.FileName}': {e.Message}", e);
        }
    }

    private static string LauncherPath()
    {
        var native = Path.Combine(AppContext.BaseDirectory, "launcher", "JobOrchestrator.Launcher");
        return File.Exists(native) ? native : Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Launcher");
    }
}
