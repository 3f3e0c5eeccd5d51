using JobOrchestrator.Client;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Launcher;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Support;

/// <summary>Scripts under their launchers, without a client around them.</summary>
internal static class Launches
{
    /// <summary>That of production.</summary>
    public static LauncherPatience Patience { get; } = new(TimeProvider.System);

    /// <summary>What a client with its data in a directory lets its scripts do.</summary>
    public static SandboxPolicy Policy(string directory, CgroupSupport? cgroups = null)
    {
        var errors = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("DATA_PATH", directory)]).Build();
        var policy = new SandboxPolicy(ClientOptions.Load(configuration, errors), cgroups);
        Assert.Empty(errors);
        policy.PrepareBubblewrap();
        return policy;
    }

    /// <summary>A script with directories of its own below the given one.</summary>
    public static SandboxSpec Spec(string directory, string script)
    {
        var execution = Path.Combine(directory, Guid.NewGuid().ToString("N"));
        var spec = new SandboxSpec
        {
            WorkingDirectory = Directory.CreateDirectory(Path.Combine(execution, "work")).FullName,
            ControlDirectory = Directory.CreateDirectory(Path.Combine(execution, "control")).FullName,
            KillGrace = TimeSpan.Zero,
        };
        File.WriteAllText(Path.Combine(spec.WorkingDirectory, "run.sh"), script);
        return spec;
    }

    /// <summary>Starts it with orders of the test's own.</summary>
    public static SandboxRun Start(SandboxSpec spec, LaunchSpec orders)
    {
        Directory.CreateDirectory(orders.TemporaryDirectory);
        ControlFiles.CreateKillPipe(spec.ControlDirectory);
        ControlFiles.WriteSpec(spec.ControlDirectory, orders);
        return SandboxLauncher.StartProgram(spec.ControlDirectory, Patience);
    }
}
