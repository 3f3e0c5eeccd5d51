using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Jobs;

/// <summary>One dispatch of a job to a client node: where it went and how it ended.</summary>
internal sealed class JobAttempt
{
    public int JobId { get; init; }

    /// <summary>From 1.</summary>
    public int Number { get; init; }

    /// <summary>Address of the client node.</summary>
    public required string Client { get; init; }

    /// <summary>The payload id a classic client gave it.</summary>
    public int? ClassicId { get; set; }

    public DateTimeOffset ClaimedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    public EndReason Reason { get; set; }

    public string Message { get; set; } = "";

    /// <summary>
    /// Whether the client node need not be told anything more about it. An attempt that ended here and is not released there is owed
    /// a kill and a delete, however long the node stays away.
    /// </summary>
    public bool Released { get; set; }
}
