using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Launcher;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Tests.Support;

/// <summary>The tiers of the sandbox, on this machine.</summary>
internal static class Tiers
{
    /// <summary>Skips a test of a tier that the machine does not offer.</summary>
    public static void SkipWithout(LaunchTier tier)
    {
        Assert.SkipWhen(tier == LaunchTier.Landlock && Landlock.Version == 0, "needs Landlock (Linux 5.13)");
        Assert.SkipWhen(tier == LaunchTier.Bubblewrap && SandboxPolicy.FindBubblewrap() is null, "needs the package bubblewrap");
    }
}
