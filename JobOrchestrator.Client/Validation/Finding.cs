namespace JobOrchestrator.Client.Validation;

/// <summary>One objection to a script.</summary>
/// <param name="RuleId">Stable name of the rule, such as <c>script/encoding</c>.</param>
/// <param name="Line">1-based line of <c>run.sh</c>; 0 when it is about the whole.</param>
/// <param name="Message">What is wrong and what to do instead.</param>
internal sealed record Finding(string RuleId, int Line, string Message)
{
    public override string ToString() => Line > 0 ? $"run.sh:{Line}: {Message} ({RuleId})" : $"run.sh: {Message} ({RuleId})";
}
