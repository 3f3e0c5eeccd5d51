namespace JobOrchestrator.Client.Validation;

/// <summary>Collects findings: each rule once per line, as severe as the rule set has it.</summary>
internal sealed class FindingList(RuleSet rules)
{
    /// <summary>Nobody reads more.</summary>
    private const int Max = 50;

    private readonly HashSet<(string, int)> _seen = [];
    private readonly List<Finding> _findings = [];

    public RuleSet Rules => rules;

    public int Count => _findings.Count;

    /// <summary>Whether there is no point in looking further.</summary>
    public bool IsFull => _findings.Count >= Max;

    /// <summary>By line.</summary>
    public IReadOnlyList<Finding> Findings => [.. _findings.OrderBy(f => f.Line).ThenByDescending(f => f.Severity)];

    public void Add(Rule rule, int line, string message, string? command = null) =>
        Add(rule, rules.SeverityOf(rule, command), line, message);

    public void Add(Rule rule, Severity severity, int line, string message)
    {
        if (severity != Severity.Off && !IsFull && _seen.Add((rule.Id, line)))
        {
            _findings.Add(new Finding(rule.Id, severity, line, message, rule.Reason));
        }
    }
}
