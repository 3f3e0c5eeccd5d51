using System.Net;
using System.Net.Sockets;
using JobOrchestrator.Launcher;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>Tries a tier: a canary, started as every script is, looks for a way out, and its own directories must work.</summary>
internal sealed class SandboxProbe(SandboxLauncher launcher, SandboxPolicy policy, ClientOptions options, TimeProvider clock)
{
    private const string SignalHole = "can signal the client";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Tries the tier.</summary>
    public async Task<ProbeFinding> TryAsync(LaunchTier tier, CancellationToken cancellationToken)
    {
        if (tier == LaunchTier.Landlock && Landlock.Version == 0)
        {
            return new ProbeFinding("the kernel has no Landlock, or it is switched off (it needs Linux 5.13 or later, and 'landlock' among the kernel's lsm=)", []);
        }

        if (tier == LaunchTier.Bubblewrap && SandboxPolicy.FindBubblewrap() is null)
        {
            return new ProbeFinding("bwrap is not installed (package bubblewrap)", []);
        }

        var directory = Path.Combine(options.DataPath, "probe");
        try
        {
            if (tier == LaunchTier.Bubblewrap)
            {
                policy.PrepareBubblewrap();
            }

            return await RunCanaryAsync(tier, directory, cancellationToken);
        }
        catch (Exception e) when (e is SandboxException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            return new ProbeFinding($"the probe failed: {e.Message.TrimEnd('.')}", []);
        }
        finally
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private async Task<ProbeFinding> RunCanaryAsync(LaunchTier tier, string directory, CancellationToken cancellationToken)
    {
        var work = Directory.CreateDirectory(Path.Combine(directory, "work")).FullName;
        var control = Directory.CreateDirectory(Path.Combine(directory, "control")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "secret"), "secret\n", cancellationToken);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var script = tier == LaunchTier.Process ? ": > holes\n" : Canary(directory, ((IPEndPoint)listener.LocalEndpoint).Port);
        await File.WriteAllTextAsync(Path.Combine(work, "run.sh"), script, cancellationToken);

        var run = launcher.Start(new SandboxSpec { WorkingDirectory = work, ControlDirectory = control, TimeLimit = Patience, KillGrace = TimeSpan.Zero }, tier);
        var result = await run.Completion.WaitAsync(Patience * 2, clock, cancellationToken);
        if (result.ExitCode != 0 || !File.Exists(Path.Combine(work, "holes")))
        {
            return new ProbeFinding(Explain(tier, await File.ReadAllTextAsync(ControlFiles.StderrPath(control), cancellationToken)), []);
        }

        var holes = (await File.ReadAllLinesAsync(Path.Combine(work, "holes"), cancellationToken)).ToList();
        var notes = new List<string>();
        if (tier == LaunchTier.Landlock && Landlock.Version < Landlock.ScopesSince && holes.Remove(SignalHole))
        {
            notes.Add($"This kernel's Landlock (version {Landlock.Version}) does not keep signals in: a script can signal the client's other processes. Linux 6.12 does.");
        }

        return holes.Count > 0
            ? new ProbeFinding($"a script in it {string.Join(" and ", holes)}", [])
            : new ProbeFinding(null, notes);
    }

    /// <summary>Only what bash can do by itself, so that it takes milliseconds.</summary>
    private static string Canary(string directory, int port) => $$"""
        set -u
        : > holes
        hole() { echo "$1" >> holes; }
        : > "$TMPDIR/file" || hole 'cannot write to its temporary directory'
        { : > '{{directory}}/sentinel'; } 2>/dev/null && hole 'can write outside its directory'
        { read -r line < '{{directory}}/secret'; } 2>/dev/null && hole 'can read outside its directory'
        { read -r line < '/proc/{{Environment.ProcessId}}/environ'; } 2>/dev/null && hole "can read the client's environment"
        { exec 3<> /dev/tcp/127.0.0.1/{{port}}; } 2>/dev/null && hole 'can connect by TCP'
        { exec 4<> /dev/udp/127.0.0.1/{{port}}; } 2>/dev/null && hole 'can open a network socket'
        kill -0 {{Environment.ProcessId}} 2>/dev/null && hole '{{SignalHole}}'
        exit 0
        """;

    private static string Explain(LaunchTier tier, string stderr)
    {
        var words = stderr.Trim().ReplaceLineEndings(" ");
        if (tier != LaunchTier.Bubblewrap)
        {
            return $"its script failed: {words}";
        }

        return words switch
        {
            _ when ReadOne("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" && words.Contains("uid map", StringComparison.Ordinal) =>
                $"{words} (AppArmor restricts user namespaces here: give bwrap a profile that allows userns, or set kernel.apparmor_restrict_unprivileged_userns=0)",
            _ when words.Contains("proc", StringComparison.Ordinal) && words.Contains("mount", StringComparison.OrdinalIgnoreCase) =>
                $"{words} (the container's /proc is masked, and a new one may not be mounted)",
            _ when words.Contains("namespace", StringComparison.Ordinal) || words.Contains("uid map", StringComparison.Ordinal) =>
                $"{words} (user namespaces are not allowed here, as in a container with the default seccomp profile)",
            _ => words,
        };
    }

    private static string? ReadOne(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;
}
