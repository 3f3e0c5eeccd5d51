using JobOrchestrator.Contracts.Executions;

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

    /// <summary>Its other limits.</summary>
    public ExecutionLimits Limits { get; init; } = new();

    /// <summary>Whether it may use the network.</summary>
    public bool Network { get; init; }

    /// <summary>Time between TERM and KILL.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);
}
