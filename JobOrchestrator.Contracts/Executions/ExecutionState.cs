using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.Executions;

/// <summary>Where one execution (one attempt of a job on one client) is. Everything after <see cref="Running"/> is final.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExecutionState>))]
public enum ExecutionState
{
    /// <summary>Its files are on the client's disk; it waits for a free slot.</summary>
    Prepared,

    /// <summary>The script runs.</summary>
    Running,

    /// <summary>The script ended with exit code 0.</summary>
    Completed,

    /// <summary>The script ended otherwise, by its own doing: another exit code, a signal, a limit.</summary>
    Failed,

    /// <summary>The client refused to run the script; the message names the rule.</summary>
    Invalid,

    /// <summary>It was ended on request.</summary>
    Killed,

    /// <summary>The client's side failed: restarted without it, sandbox would not start, disk full. Only this is worth another attempt.</summary>
    Lost,
}

public static class ExecutionStateExtensions
{
    /// <summary>Whether nothing can follow this state.</summary>
    public static bool IsFinal(this ExecutionState state) => state >= ExecutionState.Completed;
}
