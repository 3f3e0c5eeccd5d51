using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts.V1;

/// <summary>One step of a job's life.</summary>
public sealed record StateChange
{
    public required JobStatus State { get; init; }

    public required DateTimeOffset At { get; init; }

    public required int Attempt { get; init; }

    [JsonConverter(typeof(SnakeCaseWords<EndReason>))]
    public EndReason Reason { get; init; }
}
