namespace JobOrchestrator.Contracts.V1;

/// <summary>Some jobs, newest first.</summary>
public sealed record JobPage
{
    public required IReadOnlyList<JobRecord> Jobs { get; init; }

    /// <summary>What to pass as <c>cursor</c> for the next page; left out on the last one.</summary>
    public string? NextCursor { get; init; }
}
