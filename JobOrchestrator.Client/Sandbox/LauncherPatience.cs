namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// How long a launcher is trusted that does not come forward: it is a process like others, and may be stopped, starved or stuck. After that it is ended, and the attempt
/// counts as lost instead of standing there for ever.
/// </summary>
/// <param name="Clock">By which.</param>
internal sealed record LauncherPatience(TimeProvider Clock)
{
    /// <summary>From its start until it says that the script runs, which takes milliseconds.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From the request to end the job, beyond the job's grace, until nothing is left of it.</summary>
    public TimeSpan End { get; init; } = TimeSpan.FromMinutes(1);
}
