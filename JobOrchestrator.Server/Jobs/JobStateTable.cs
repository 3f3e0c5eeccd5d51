using System.Collections.Frozen;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// The state machine as a table: every change of a job's state is a row here, or it does not happen. <c>docs/state-machine.md</c> is
/// rendered from it, and a test compares the two.
/// </summary>
internal static class JobStateTable
{
    /// <summary>Every allowed change, with what causes it.</summary>
    public static IReadOnlyList<(JobState From, JobState To, string Cause)> Transitions { get; } =
    [
        (JobState.Queued, JobState.Processing, "claimed for a client node"),
        (JobState.Queued, JobState.Failed, "waited past its deadline, or its service is gone"),
        (JobState.Queued, JobState.Killed, "cancelled"),
        (JobState.Processing, JobState.Submitted, "the client node has the files"),
        (JobState.Processing, JobState.Running, "the client node has started the script already"),
        (JobState.Processing, JobState.Completed, "the end overtook the answer to the submission"),
        (JobState.Processing, JobState.Queued, "dispatch failed: another attempt"),
        (JobState.Processing, JobState.Failed, "the script failed at once, or attempts are used up"),
        (JobState.Processing, JobState.Invalid, "the client node refused the script"),
        (JobState.Processing, JobState.Killed, "cancelled"),
        (JobState.Submitted, JobState.Running, "the script started"),
        (JobState.Submitted, JobState.Completed, "exit code 0, result stored"),
        (JobState.Submitted, JobState.Queued, "the client node lost it: another attempt"),
        (JobState.Submitted, JobState.Failed, "the script failed, or attempts are used up"),
        (JobState.Submitted, JobState.Invalid, "the client node refused the script"),
        (JobState.Submitted, JobState.Killed, "cancelled"),
        (JobState.Running, JobState.Completed, "exit code 0, result stored"),
        (JobState.Running, JobState.Queued, "the client node lost it: another attempt"),
        (JobState.Running, JobState.Failed, "the script failed, or attempts are used up"),
        (JobState.Running, JobState.Invalid, "the client node refused the script"),
        (JobState.Running, JobState.Killed, "cancelled"),
    ];

    /// <summary>States that hold a place on a client node.</summary>
    public static IReadOnlyList<JobState> Active { get; } = [JobState.Processing, JobState.Submitted, JobState.Running];

    private static readonly FrozenDictionary<JobState, JobState[]> Sources =
        Transitions.GroupBy(t => t.To).ToFrozenDictionary(g => g.Key, g => g.Select(t => t.From).ToArray());

    /// <summary>The states a job may be in for a change to <paramref name="target"/>: the "compare" of compare-and-set.</summary>
    public static JobState[] SourcesOf(JobState target) => Sources[target];

    /// <summary>Those of <see cref="SourcesOf"/> in which an attempt is under way.</summary>
    public static JobState[] ActiveSourcesOf(JobState target) => [.. SourcesOf(target).Intersect(Active)];

    /// <summary>Whether nothing can follow.</summary>
    public static bool IsTerminal(this JobState state) => state >= JobState.Completed;
}
