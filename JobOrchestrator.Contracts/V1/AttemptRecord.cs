using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts.V1;

/// <summary>One dispatch of a job to a client node.</summary>
public sealed record AttemptRecord
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>Address of the client node.</summary>
    public required string Client { get; init; }

    public required DateTimeOffset ClaimedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    [JsonConverter(typeof(SnakeCaseWords<EndReason>))]
    public EndReason Reason { get; init; }

    public required string Message { get; init; }
}
