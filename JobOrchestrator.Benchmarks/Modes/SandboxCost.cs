using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;
using JobOrchestrator.Client;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Launcher;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>
/// What each tier of the sandbox adds to a bare <c>bash run.sh</c>, from before its orders are written until its durable result is read, and what a
/// launcher takes of the memory while its job runs. All of them take turns, so that the machine's moods meet them alike.
/// </summary>
internal static class SandboxCost
{
    private const int WarmUp = 30;
    private const int PerRound = 200;
    private const int Sleepers = 20;
    private const double MemoryTargetMebibytes = 12;
    private const string Script = "exit 0\n";
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private static readonly (LaunchTier Tier, double? TargetMilliseconds)[] Tiers =
        [(LaunchTier.Process, null), (LaunchTier.Landlock, 5), (LaunchTier.Bubblewrap, 15)];

    public static async Task MeasureAsync(RunContext context)
    {
        if (!SandboxLauncher.CanFork)
        {
            Report.Progress("There is no launcher compiled ahead of time here (it needs gcc or clang); the sandbox is left out.");
            return;
        }

        using var scratch = new ScratchDirectory();
        var errors = new List<string>();
        var options = ClientOptions.Load(new ConfigurationBuilder().AddInMemoryCollection([new("DATA_PATH", scratch.Path)]).Build(), errors);
        var policy = new SandboxPolicy(options);
        using var launcher = new SandboxLauncher(policy, new LauncherPatience(TimeProvider.System));
        var tiers = new List<(LaunchTier Tier, double? Target)>();
        foreach (var (tier, target) in Tiers)
        {
            var finding = await new SandboxProbe(launcher, policy, options, TimeProvider.System).TryAsync(tier, context.Cancellation);
            if (finding.Problem is null)
            {
                tiers.Add((tier, target));
            }
            else
            {
                Report.Progress($"{tier}: {finding.Problem}; left out.");
            }
        }

        var (bare, taken) = await TakeTurnsAsync(launcher, scratch.Path, [.. tiers.Select(t => t.Tier)], PerRound * context.Rounds, context.Cancellation);
        foreach (var (tier, target) in tiers)
        {
            var cost = taken[tier].Median() - bare.Median();
            var memory = await ResidentMebibytesAsync(launcher, scratch.Path, tier, context.Cancellation);
            context.Report.Add(
                Report.Invariant($"sandbox tier {SandboxStatus.NameOf(tier)}: a script over a bare bash run.sh ({bare.Median():0.0} ms), median of {taken[tier].Count}"),
                Report.Invariant($"{cost:+0.0;-0.0} ms, p90 {taken[tier].Quantile(0.9) - bare.Quantile(0.9):+0.0;-0.0} ms"),
                target is { } most ? Report.Invariant($"at most {most:0} ms: {(cost <= most ? "met" : "missed")}") : "");
            context.Report.Add(
                "… resident memory of its launcher", Report.Invariant($"{memory:0.0} MiB"),
                Report.Invariant($"at most {MemoryTargetMebibytes:0} MiB: {(memory <= MemoryTargetMebibytes ? "met" : "missed")}"));
        }
    }

    private static async Task<(List<double> Bare, Dictionary<LaunchTier, List<double>> Taken)> TakeTurnsAsync(
        SandboxLauncher launcher, string directory, LaunchTier[] tiers, int turns, CancellationToken cancellation)
    {
        var bare = new List<double>();
        var taken = tiers.ToDictionary(t => t, _ => new List<double>());
        for (var turn = -WarmUp; turn < turns; turn++)
        {
            var milliseconds = await BareAsync(directory, cancellation);
            if (turn >= 0)
            {
                bare.Add(milliseconds);
            }

            foreach (var tier in tiers)
            {
                milliseconds = await ConfinedAsync(launcher, directory, tier, cancellation);
                if (turn >= 0)
                {
                    taken[tier].Add(milliseconds);
                }
            }
        }

        return (bare, taken);
    }

    /// <summary>Started and waited for by the same system calls.</summary>
    private static async Task<double> BareAsync(string directory, CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(Path.Combine(directory, "run.sh"), Script, cancellation);
        var started = Stopwatch.GetTimestamp();
        await LauncherProcess.Start("/bin/bash", ["run.sh"], directory, ["PATH=/usr/bin:/bin"]).Exited.WaitAsync(cancellation);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<double> ConfinedAsync(SandboxLauncher launcher, string directory, LaunchTier tier, CancellationToken cancellation)
    {
        var (spec, remove) = Prepare(directory, Script);
        var started = Stopwatch.GetTimestamp();
        var result = await launcher.Start(spec, tier).Completion.WaitAsync(cancellation);
        var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        remove();
        return result.ExitCode == 0 ? milliseconds : throw new InvalidOperationException($"The script ended with exit code {result.ExitCode}.");
    }

    /// <summary>The median over some that run at once.</summary>
    private static async Task<double> ResidentMebibytesAsync(SandboxLauncher launcher, string directory, LaunchTier tier, CancellationToken cancellation)
    {
        var runs = new List<(SandboxSpec Spec, SandboxRun Run, Action Remove)>();
        for (var i = 0; i < Sleepers; i++)
        {
            var (spec, remove) = Prepare(directory, "echo started; exec sleep 3600\n");
            runs.Add((spec, launcher.Start(spec, tier), remove));
        }

        await Task.Delay(Settling, cancellation);
        var memory = runs.Select(r => ProcessMemory.Resident(ControlFiles.TryReadIdentity(r.Spec.ControlDirectory)!.ProcessId) / (double)(1 << 20)).ToArray();
        foreach (var (_, run, remove) in runs)
        {
            run.Kill();
            await run.Completion.WaitAsync(cancellation);
            remove();
        }

        return memory.Median();
    }

    private static (SandboxSpec Spec, Action Remove) Prepare(string directory, string script)
    {
        var execution = Path.Combine(directory, Guid.NewGuid().ToString("N"));
        var spec = new SandboxSpec
        {
            WorkingDirectory = Directory.CreateDirectory(Path.Combine(execution, "work")).FullName,
            ControlDirectory = Directory.CreateDirectory(Path.Combine(execution, "control")).FullName,
            KillGrace = TimeSpan.Zero,
        };
        File.WriteAllText(Path.Combine(spec.WorkingDirectory, "run.sh"), script);
        return (spec, () => Directory.Delete(execution, recursive: true));
    }
}
