namespace JobOrchestrator.Server.Jobs;

/// <summary>Which jobs a list shows; what is null or empty does not matter.</summary>
internal sealed record JobFilter
{
    public IReadOnlyList<JobState> States { get; init; } = [];

    public int? UserId { get; init; }

    public string? Service { get; init; }

    public string? Tag { get; init; }

    /// <summary>Acknowledged at this time or later.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>Acknowledged earlier than this.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }
}
