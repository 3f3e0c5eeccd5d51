namespace JobOrchestrator.Contracts.V1;

/// <summary>What a webhook receives.</summary>
public sealed record WebhookReport
{
    /// <summary><c>job.ended</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The same for every repetition of this report.</summary>
    public required long DeliveryId { get; init; }

    public required JobRecord Job { get; init; }
}
