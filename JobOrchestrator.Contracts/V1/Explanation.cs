namespace JobOrchestrator.Contracts.V1;

/// <summary>Why a job is where it is, in plain words for people and in members for programs.</summary>
public sealed record Explanation
{
    public required int JobId { get; init; }

    public required JobStatus State { get; init; }

    /// <summary>One or a few sentences.</summary>
    public required string Summary { get; init; }

    /// <summary>What its owner, or the operator, can do about it; empty when there is nothing to do.</summary>
    public required IReadOnlyList<string> Advice { get; init; }

    /// <summary>For a queued job: what it waits for.</summary>
    public Waiting? Waiting { get; init; }

    /// <summary>For an ended job: how it ended.</summary>
    public Ending? Ending { get; init; }
}
