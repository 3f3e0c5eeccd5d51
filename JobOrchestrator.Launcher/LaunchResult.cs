namespace JobOrchestrator.Launcher;

/// <summary>How the script ended: <c>result.json</c> in the control directory, written once, whole, when nothing of the job is left.</summary>
public sealed record LaunchResult
{
    public const string FileName = "result.json";

    /// <summary>Exit code (0-255); null when a signal ended the script, or it never ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the script.</summary>
    public int? Signal { get; init; }

    /// <summary>Whether it was ended by request.</summary>
    public bool Killed { get; init; }

    /// <summary>The limit that ended it, if one did.</summary>
    public LimitBreach? Breach { get; init; }

    /// <summary>Set when the script could not be run at all: the launcher's failure, not the script's.</summary>
    public string? LauncherError { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset EndedAt { get; init; }

    /// <summary>User and system CPU time of all processes of the job that were waited for, in seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Largest resident memory of a single process of the job, in bytes.</summary>
    public long MaxResidentBytes { get; init; }

    /// <summary>Processes that outlived the script and were ended.</summary>
    public int SweptProcesses { get; init; }
}
