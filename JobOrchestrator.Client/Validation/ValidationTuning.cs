namespace JobOrchestrator.Client.Validation;

/// <summary>The rule sets of all services, from <c>VALIDATION_RULES</c> and <c>VALIDATION_&lt;SERVICE&gt;_RULES</c>.</summary>
internal sealed class ValidationTuning
{
    private const string ForAll = "VALIDATION_RULES";
    private const string Prefix = "VALIDATION_";
    private const string Suffix = "_RULES";

    private readonly Dictionary<string, RuleSet> _services = new(StringComparer.OrdinalIgnoreCase);

    private RuleSet _others = RuleSet.Default;

    /// <summary>Nothing tuned.</summary>
    public static ValidationTuning None { get; } = new();

    /// <summary>The rules for the jobs of a service; empty is the classic surface, which does not say.</summary>
    public RuleSet For(string service) => _services.GetValueOrDefault(service, _others);

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static ValidationTuning Load(IConfiguration configuration, List<string> errors)
    {
        var tuning = new ValidationTuning();
        if (configuration[ForAll] is { Length: > 0 } text)
        {
            tuning._others = RuleSet.Default.With(text, ForAll, errors);
        }

        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is { Length: > 0 } && key.Length > Prefix.Length + Suffix.Length
                && key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && key.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
            {
                tuning._services[key[Prefix.Length..^Suffix.Length]] = tuning._others.With(value, key, errors);
            }
        }

        return tuning;
    }
}
