using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>The script's story. Our own failures are <see cref="SandboxException"/>s instead.</summary>
internal sealed record SandboxResult
{
    public int? ExitCode { get; init; }

    public int? Signal { get; init; }

    /// <summary>Ended by request.</summary>
    public bool Killed { get; init; }

    /// <summary>The limit that ended it, if one did.</summary>
    public LimitBreach? Breach { get; init; }

    /// <summary>User and system CPU time of all its processes, in seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Largest resident memory of a single process of it, in bytes.</summary>
    public long MaxResidentBytes { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }
}
