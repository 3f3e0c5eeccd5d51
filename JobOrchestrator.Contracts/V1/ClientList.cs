namespace JobOrchestrator.Contracts.V1;

/// <summary>All known client nodes.</summary>
public sealed record ClientList
{
    public required IReadOnlyList<ClientRecord> Clients { get; init; }
}
