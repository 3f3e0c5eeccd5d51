namespace JobOrchestrator.Contracts.V1;

/// <summary>What the validator says of a script.</summary>
public sealed record ScriptVerdict
{
    /// <summary>Whether the script would be let run.</summary>
    public required bool Accepted { get; init; }

    /// <summary>What speaks against it, by line.</summary>
    public required IReadOnlyList<ScriptFinding> Findings { get; init; }
}
