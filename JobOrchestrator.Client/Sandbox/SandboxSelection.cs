using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// Chooses the tier at the client's start, before it takes any job: the strongest that a canary under the real policy proves, or the one that was
/// asked for. It fails closed: a tier that was asked for and does not hold, or a strongest one below what is required, leaves the client without
/// any.
/// </summary>
internal sealed partial class SandboxSelection(
    SandboxProbe probe, SandboxPolicy policy, SandboxStatus status, ClientOptions options, ILogger<SandboxSelection> logger) : IHostedService
{
    private static readonly LaunchTier[] StrongestFirst = [LaunchTier.Bubblewrap, LaunchTier.Landlock, LaunchTier.Process];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var wanted = options.Sandbox;
        var notes = new List<string>();
        foreach (var tier in wanted.Mode is { } mode ? [mode] : StrongestFirst.Where(t => t >= wanted.Require))
        {
            var finding = tier < wanted.Require
                ? new ProbeFinding($"{SandboxStatus.NameOf(wanted.Require)} is required", [])
                : await probe.TryAsync(tier, cancellationToken);
            if (finding.Problem is null)
            {
                notes.AddRange(finding.Notes);
                notes.AddRange(policy.Cgroups.Note is { } note ? [note] : []);
                status.Set(tier, null, notes);
                Log.Chosen(logger, status.Name, notes.Count == 0 ? "" : " " + string.Join(" ", notes));
                return;
            }

            notes.Add($"{SandboxStatus.NameOf(tier)}: {finding.Problem}.");
        }

        var problem = "No acceptable sandbox works here, so no job is taken. " + string.Join(" ", notes);
        status.Set(null, problem, notes);
        Log.NoneWorks(logger, problem);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Scripts run in the sandbox tier {Tier}.{Notes}")]
        public static partial void Chosen(ILogger logger, string tier, string notes);

        [LoggerMessage(LogLevel.Critical, "{Problem}")]
        public static partial void NoneWorks(ILogger logger, string problem);
    }
}
