namespace JobOrchestrator.Client.Sandbox;

/// <summary>The script's story. Our own failures are <see cref="SandboxException"/>s instead.</summary>
internal sealed record SandboxResult
{
    public int? ExitCode { get; init; }

    public int? Signal { get; init; }

    /// <summary>Ended by request.</summary>
    public bool Killed { get; init; }

    /// <summary>Ended by its wall-clock limit.</summary>
    public bool TimedOut { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }
}
