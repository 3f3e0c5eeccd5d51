using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.V1;

/// <summary>Where a job is; the last four are ends. What may follow what is in docs/state-machine.md.</summary>
[JsonConverter(typeof(SnakeCaseWords<JobStatus>))]
public enum JobStatus
{
    /// <summary>Waits for a client node.</summary>
    Queued,

    /// <summary>Its files are on their way to a client node.</summary>
    Processing,

    /// <summary>On a client node, waiting there for a slot.</summary>
    Submitted,

    /// <summary>The script runs.</summary>
    Running,

    /// <summary>The script ended with exit code 0.</summary>
    Completed,

    /// <summary>The script ended otherwise, or the system failed for good; the reason says which.</summary>
    Failed,

    /// <summary>The script was refused.</summary>
    Invalid,

    /// <summary>Cancelled.</summary>
    Killed,
}
