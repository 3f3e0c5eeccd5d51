using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts.V1;

/// <summary>The data of one event of <c>GET /events</c>: a job changed its state, or its result arrived after its end.</summary>
public sealed record JobEventRecord
{
    /// <summary>Rises with every event; the event's SSE id.</summary>
    public required long Sequence { get; init; }

    public required int JobId { get; init; }

    public string? Name { get; init; }

    public required int UserId { get; init; }

    public required string Service { get; init; }

    /// <summary>The state the job came to.</summary>
    public required JobStatus State { get; init; }

    public required int Attempt { get; init; }

    [JsonConverter(typeof(SnakeCaseWords<EndReason>))]
    public EndReason Reason { get; init; }

    /// <summary>What there is to say about it, in plain words; for an attempt that failed, why.</summary>
    public required string Message { get; init; }

    /// <summary>Address of the client node of the attempt.</summary>
    public string? Client { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Exit code of an ended job's script.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether there is a result to download by now.</summary>
    public required bool HasResult { get; init; }
}
