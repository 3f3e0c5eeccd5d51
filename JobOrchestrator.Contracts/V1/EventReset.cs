namespace JobOrchestrator.Contracts.V1;

/// <summary>The data of a <c>reset</c> event of <c>GET /events</c>: events after the reader's position are no longer on record.</summary>
public sealed record EventReset
{
    /// <summary>The latest event; the stream goes on after it.</summary>
    public required long Sequence { get; init; }
}
