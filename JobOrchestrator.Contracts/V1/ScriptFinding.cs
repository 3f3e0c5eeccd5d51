namespace JobOrchestrator.Contracts.V1;

/// <summary>One objection to a script.</summary>
public sealed record ScriptFinding
{
    /// <summary>Stable name of the rule; docs/validator.md lists them.</summary>
    public required string Rule { get; init; }

    /// <summary><c>error</c>: the script is refused; <c>warning</c>: it runs all the same.</summary>
    public required string Severity { get; init; }

    /// <summary>From 1; 0 when it is about the whole script.</summary>
    public required int Line { get; init; }

    public required string Message { get; init; }

    /// <summary>Why that is no good in a job, and what to do instead.</summary>
    public required string Reason { get; init; }
}
