using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Jobs;

/// <summary>How a job ends: the state, and all that people and programs are told about it.</summary>
internal sealed record JobEnding(JobState State, EndReason Reason, string Message)
{
    public int? ExitCode { get; init; }

    public int? Signal { get; init; }

    public string? SandboxTier { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>User and system CPU time of the script's processes, in seconds.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>Largest resident memory of a single process of the script, in bytes.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>As in <see cref="Job.Warnings"/>.</summary>
    public string? Warnings { get; init; }

    public bool HasResult { get; init; }

    /// <summary>The verdict of a client node on an execution of ours. Only for final states that are the script's own story.</summary>
    public static JobEnding FromReport(ExecutionReport report, bool hasResult) => new(ToJobState(report.State), report.Reason, report.Message)
    {
        ExitCode = report.ExitCode,
        Signal = report.Signal,
        SandboxTier = report.SandboxTier,
        StartedAt = report.StartedAt,
        CpuSeconds = report.CpuSeconds,
        PeakMemoryBytes = report.PeakMemoryBytes,
        Warnings = JoinWarnings(report),
        HasResult = hasResult,
    };

    /// <summary>The warnings of a report as they are stored.</summary>
    public static string? JoinWarnings(ExecutionReport report) => report.Warnings.Count == 0 ? null : string.Join('\n', report.Warnings);

    private static JobState ToJobState(ExecutionState state) => state switch
    {
        ExecutionState.Completed => JobState.Completed,
        ExecutionState.Failed => JobState.Failed,
        ExecutionState.Invalid => JobState.Invalid,
        ExecutionState.Killed => JobState.Killed,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Not a verdict on the script."),
    };
}
