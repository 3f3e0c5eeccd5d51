using System.Text.Json.Serialization;

namespace JobOrchestrator.Client.Validation;

/// <summary>One objection to a script.</summary>
/// <param name="RuleId">Stable name of the rule, such as <c>script/encoding</c>.</param>
/// <param name="Severity">Whether the script may run all the same.</param>
/// <param name="Line">1-based line of <c>run.sh</c>; 0 when it is about the whole.</param>
/// <param name="Message">What is wrong, and what to do instead when the rule has no reason of its own.</param>
/// <param name="Reason">Why that is no good in a job, and what to do instead.</param>
internal sealed record Finding([property: JsonPropertyName("rule")] string RuleId, Severity Severity, int Line, string Message, string Reason = "")
{
    public override string ToString() => ToString(ScriptValidator.ScriptName);

    /// <summary>As <c>run.sh:14: network tool 'curl' (network/tool): why, and what to do instead</c>.</summary>
    public string ToString(string file) =>
        $"{file}{(Line > 0 ? $":{Line}" : "")}: {Message} ({RuleId}){(Reason.Length > 0 ? $": {Reason}" : "")}";
}
