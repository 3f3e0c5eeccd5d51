using System.Text.Json.Serialization;

namespace JobOrchestrator.Client.Validation;

/// <summary>What a finding does to its script.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
internal enum Severity
{
    /// <summary>Nothing; the rule is switched off.</summary>
    Off,

    /// <summary>The script runs, and the finding is kept with the job.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>The script does not run.</summary>
    [JsonStringEnumMemberName("error")]
    Error,
}
