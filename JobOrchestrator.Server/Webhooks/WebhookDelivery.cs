namespace JobOrchestrator.Server.Webhooks;

/// <summary>The report of one job's end to its <see cref="Jobs.Job.CallbackUrl"/>. A trigger makes the row in the transaction that ends the job.</summary>
internal sealed class WebhookDelivery
{
    public long Id { get; init; }

    public int JobId { get; init; }

    /// <summary>Calls made so far.</summary>
    public int Calls { get; set; }

    /// <summary>When the next call is due; null once it was delivered or given up.</summary>
    public DateTimeOffset? DueAt { get; set; }

    public DateTimeOffset? DeliveredAt { get; set; }

    /// <summary>What the latest call came to, in plain words; empty before the first.</summary>
    public string LastOutcome { get; set; } = "";
}
