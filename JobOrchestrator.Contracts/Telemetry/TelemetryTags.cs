using System.Collections.Frozen;
using System.Text.Json;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts.Telemetry;

/// <summary>
/// Attribute names that server and clients share. Those of metrics have few values each, which configuration or code bounds; what grows
/// with the number of jobs (ids, attempts) is for spans and logs only, and a user's id is nowhere.
/// </summary>
public static class TelemetryTags
{
    /// <summary>Spans and logs only.</summary>
    public const string JobId = "job.id";

    /// <summary>Spans and logs only.</summary>
    public const string Attempt = "job.attempt";

    /// <summary>Name of the service, lower case.</summary>
    public const string Service = "job.service";

    /// <summary>A state that is not an ending.</summary>
    public const string State = "job.state";

    /// <summary>The state something ended in: <c>completed</c>, <c>failed</c>, <c>invalid</c>, <c>killed</c>, <c>lost</c>.</summary>
    public const string Outcome = "job.outcome";

    /// <summary>An <see cref="EndReason"/>.</summary>
    public const string Reason = "job.reason";

    /// <summary>Whose doing an ending is: <c>none</c> (completed), <c>script</c>, <c>user</c> or <c>system</c>.</summary>
    public const string Fault = "job.fault";

    /// <summary>Address of a client node, as a job's record names it.</summary>
    public const string Node = "client.node";

    public const string NodeHealth = "client.health";

    public const string NodeVersion = "client.version";

    public const string SandboxTier = "sandbox.tier";

    /// <summary>Spans only: wall-clock limit of the script, seconds.</summary>
    public const string TimeLimit = "job.limit.time";

    public const string LimitKind = "limit.kind";

    public const string ValidatorRule = "validator.rule";

    /// <summary>Name of a background loop; docs/metrics.md lists them.</summary>
    public const string Loop = "loop";

    private static readonly FrozenDictionary<EndReason, string> Reasons =
        Enum.GetValues<EndReason>().ToFrozenDictionary(r => r, r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()));

    private static readonly FrozenDictionary<ExecutionState, string> States =
        Enum.GetValues<ExecutionState>().ToFrozenDictionary(s => s, s => JsonNamingPolicy.SnakeCaseLower.ConvertName(s.ToString()));

    public static string ToTag(this EndReason reason) => Reasons[reason];

    public static string ToTag(this ExecutionState state) => States[state];

    /// <summary>Whose doing an ending for that reason is; <paramref name="completed"/> when the script succeeded.</summary>
    public static string ToFault(this EndReason reason, bool completed) => reason switch
    {
        EndReason.Exited => completed ? "none" : "script",
        EndReason.Signalled or EndReason.TimedOut or EndReason.LimitExceeded or EndReason.Rejected => "script",
        EndReason.Cancelled => "user",
        _ => "system",
    };
}
