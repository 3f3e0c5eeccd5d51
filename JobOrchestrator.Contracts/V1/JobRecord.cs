using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts.V1;

/// <summary>All that is known of a job. Times are UTC. Members without a value are left out.</summary>
public sealed record JobRecord
{
    public required int Id { get; init; }

    /// <summary>What its owner calls it.</summary>
    public string? Name { get; init; }

    public required int UserId { get; init; }

    public required string Service { get; init; }

    public required JobStatus State { get; init; }

    /// <summary>Kind of the ending, or of the failure of the latest attempt while it waits for another.</summary>
    [JsonConverter(typeof(SnakeCaseWords<EndReason>))]
    public EndReason Reason { get; init; }

    /// <summary>The same in plain words; empty while there is nothing to say.</summary>
    public required string Message { get; init; }

    /// <summary>Exit code of <c>run.sh</c>, 0-255, when it exited by itself.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Number of the signal that ended it.</summary>
    public int? Signal { get; init; }

    /// <summary>Higher goes first among the jobs of one user; 0 is normal.</summary>
    public required int Priority { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>What was asked for at submission; left out when nothing was.</summary>
    public JobLimits? Limits { get; init; }

    /// <summary>Number of the latest attempt, 0 before the first.</summary>
    public required int Attempt { get; init; }

    /// <summary>Address of the client node of the latest attempt.</summary>
    public string? Client { get; init; }

    /// <summary>Sandbox tier it ran in: <c>process</c>, <c>landlock</c> or <c>bubblewrap</c>.</summary>
    public string? SandboxTier { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Back-off: when the next attempt may begin.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>What the script used, once it has ended and the client node measured it.</summary>
    public ResourceUse? Resources { get; init; }

    /// <summary>Whether there is a result to download.</summary>
    public required bool HasResult { get; init; }

    /// <summary>When its files were removed because their time was over.</summary>
    public DateTimeOffset? CleanedAt { get; init; }

    /// <summary>Where its end is reported to.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>The job it was resubmitted from.</summary>
    public int? ResubmitOf { get; init; }

    /// <summary>Id of its trace, 32 hexadecimal digits: what its spans, and its lines in the logs of server and client nodes, are found by.</summary>
    public string? TraceId { get; init; }

    /// <summary>Its attempts, oldest first. Only where one job is asked for.</summary>
    public IReadOnlyList<AttemptRecord>? Attempts { get; init; }

    /// <summary>Its changes of state, oldest first, as far as they are still on record. Only where one job is asked for.</summary>
    public IReadOnlyList<StateChange>? History { get; init; }
}
