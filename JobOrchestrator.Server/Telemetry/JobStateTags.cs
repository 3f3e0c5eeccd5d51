using System.Collections.Frozen;
using System.Text.Json;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>How states and health read in metrics and spans.</summary>
internal static class JobStateTags
{
    private static readonly FrozenDictionary<JobState, string> States = Names<JobState>();
    private static readonly FrozenDictionary<NodeHealth, string> Health = Names<NodeHealth>();

    public static string ToTag(this JobState state) => States[state];

    public static string ToTag(this NodeHealth health) => Health[health];

    private static FrozenDictionary<T, string> Names<T>()
        where T : struct, Enum =>
        Enum.GetValues<T>().ToFrozenDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
}
