namespace JobOrchestrator.Contracts.V1;

/// <summary>All configured services.</summary>
public sealed record ServiceList
{
    public required IReadOnlyList<ServiceRecord> Services { get; init; }
}
