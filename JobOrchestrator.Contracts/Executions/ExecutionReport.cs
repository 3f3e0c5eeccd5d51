namespace JobOrchestrator.Contracts.Executions;

/// <summary>All a client says of one execution. Times are the client's clock, UTC.</summary>
public sealed record ExecutionReport
{
    /// <summary>Header of an answer of <c>…/logs</c>: position of the first byte of its body.</summary>
    public const string LogOffsetHeader = "Log-Offset";

    /// <summary>The server's job id; for executions submitted over the classic surface, the client's own payload id.</summary>
    public required int JobId { get; init; }

    /// <summary>The job's n-th dispatch, from 1; 0 for executions submitted over the classic surface.</summary>
    public required int Attempt { get; init; }

    /// <summary>
    /// What the server called the upload behind the job (query <c>upload=</c> of every call about an execution; 1 to 64 letters and digits); null
    /// when it said nothing. Numbers come again when a server is restored from an older database, uploads do not: an execution with the same
    /// numbers and another upload is another job's.
    /// </summary>
    public string? Upload { get; init; }

    public required ExecutionState State { get; init; }

    /// <summary>Kind of the ending; <see cref="EndReason.None"/> until then.</summary>
    public EndReason Reason { get; init; }

    /// <summary>The ending in plain words; empty until then.</summary>
    public string Message { get; init; } = "";

    /// <summary>What the validator had to say about a script that it let run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Exit code of the script (0-255), null when it did not exit by itself.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Number of the signal that ended the script, null otherwise.</summary>
    public int? Signal { get; init; }

    /// <summary>Sandbox tier the script ran in: <c>process</c>, <c>landlock</c> or <c>bubblewrap</c>; null before it started.</summary>
    public string? SandboxTier { get; init; }

    /// <summary>User and system CPU time of all processes of the script, in seconds; null before it ended.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>Largest resident memory of a single process of the script, in bytes; null before it ended.</summary>
    public long? PeakMemoryBytes { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}
