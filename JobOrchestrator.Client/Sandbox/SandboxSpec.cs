namespace JobOrchestrator.Client.Sandbox;

/// <summary>What is to run, and within which limits.</summary>
internal sealed record SandboxSpec
{
    /// <summary>Absolute path of the job's directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Absolute path of an existing directory outside the job's reach, for the launcher's files and the captured output.</summary>
    public required string ControlDirectory { get; init; }

    /// <summary>Wall-clock limit; null for none.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Time between TERM and KILL.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How much of stdout, and of stderr, is kept, in bytes.</summary>
    public long MaxOutputBytes { get; init; } = 64L << 20;
}
