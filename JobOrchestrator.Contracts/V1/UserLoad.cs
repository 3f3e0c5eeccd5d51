namespace JobOrchestrator.Contracts.V1;

/// <summary>One user's part of a service's queue.</summary>
public sealed record UserLoad
{
    public required int UserId { get; init; }

    public required int Waiting { get; init; }

    public required int Running { get; init; }
}
