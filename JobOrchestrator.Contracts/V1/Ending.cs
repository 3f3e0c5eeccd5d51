using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts.V1;

/// <summary>How a job ended.</summary>
public sealed record Ending
{
    [JsonConverter(typeof(SnakeCaseWords<EndReason>))]
    public EndReason Reason { get; init; }

    /// <summary>Whose doing the end was.</summary>
    public required Fault Fault { get; init; }

    public int? ExitCode { get; init; }

    public int? Signal { get; init; }

    public string? Client { get; init; }

    public required int Attempt { get; init; }

    /// <summary>How long the script ran.</summary>
    public double? RanSeconds { get; init; }

    /// <summary>The last lines of its stderr, when it failed.</summary>
    public string? LastWords { get; init; }
}
