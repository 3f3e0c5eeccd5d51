using System.Text.RegularExpressions;

namespace JobOrchestrator.Client.Validation;

/// <summary>The rules as they are tuned for one service.</summary>
internal sealed class RuleSet
{
    private readonly Dictionary<string, Severity> _rules = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Severity> _commands = new(StringComparer.Ordinal);
    private readonly List<(Regex Pattern, Severity Severity)> _patterns = [];

    /// <summary>Nothing tuned.</summary>
    public static RuleSet Default { get; } = new();

    /// <summary>Whether whole command lines must be looked at.</summary>
    public bool HasPatterns => _patterns.Count > 0;

    public IReadOnlyCollection<string> Commands => _commands.Keys;

    /// <summary>How severe a finding of that rule is, about that command if it is about one.</summary>
    public Severity SeverityOf(Rule rule, string? command)
    {
        if (command is not null && _commands.TryGetValue(command, out var own))
        {
            return own;
        }

        return _rules.TryGetValue(rule.Id, out var tuned) ? tuned : rule.Severity;
    }

    public bool HasCommand(string name) => _commands.TryGetValue(name, out var severity) && severity != Severity.Off;

    /// <summary>The first own pattern that matches a command line, with its severity.</summary>
    public (string Pattern, Severity Severity)? Match(string commandLine)
    {
        foreach (var (pattern, severity) in _patterns)
        {
            if (pattern.IsMatch(commandLine))
            {
                return (pattern.ToString(), severity);
            }
        }

        return null;
    }

    /// <summary>A copy with more tuning on top.</summary>
    /// <param name="text">Entries separated by <c>;</c>: <c>rule/id=off|warn|error</c>, <c>command:name=…</c>, <c>pattern:regex=…</c>.</param>
    /// <param name="setting">Where it comes from, for the messages.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public RuleSet With(string text, string setting, List<string> errors)
    {
        var tuned = new RuleSet();
        foreach (var (id, severity) in _rules)
        {
            tuned._rules[id] = severity;
        }

        foreach (var (name, severity) in _commands)
        {
            tuned._commands[name] = severity;
        }

        tuned._patterns.AddRange(_patterns);
        foreach (var entry in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            tuned.Add(entry, setting, errors);
        }

        return tuned;
    }

    private void Add(string entry, string setting, List<string> errors)
    {
        var equals = entry.LastIndexOf('=');
        var (what, severity) = equals < 0 ? (entry, null) : (entry[..equals].Trim(), Parse(entry[(equals + 1)..].Trim()));
        if (severity is null)
        {
            errors.Add($"{setting}: '{entry}' must end with =off, =warn or =error.");
        }
        else if (what.StartsWith("command:", StringComparison.Ordinal) && what.Length > 8)
        {
            _commands[what[8..]] = severity.Value;
        }
        else if (what.StartsWith("pattern:", StringComparison.Ordinal) && what.Length > 8)
        {
            AddPattern(what[8..], severity.Value, setting, errors);
        }
        else if (ScriptRules.ById.ContainsKey(what))
        {
            _rules[what] = severity.Value;
        }
        else
        {
            errors.Add($"{setting}: there is no rule '{what}'; the rules are listed in docs/validator.md.");
        }
    }

    private void AddPattern(string pattern, Severity severity, string setting, List<string> errors)
    {
        try
        {
            // Linear in the length of what it looks at, whatever the operator wrote.
            _patterns.Add((new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), severity));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            errors.Add($"{setting}: the pattern '{pattern}' cannot be used: {e.Message}");
        }
    }

    private static Severity? Parse(string word) => word.ToUpperInvariant() switch
    {
        "OFF" => Severity.Off,
        "WARN" or "WARNING" => Severity.Warning,
        "ERROR" => Severity.Error,
        _ => null,
    };
}
