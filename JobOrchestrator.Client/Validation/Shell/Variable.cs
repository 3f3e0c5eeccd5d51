namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>What is known of a variable.</summary>
internal sealed class Variable(string value)
{
    private const int MaxOthers = 3;

    private List<string>? _others;
    private bool? _hasCommands;

    /// <summary>What was assigned last without condition.</summary>
    public string Value { get; private set; } = value;

    /// <summary>What it may be instead, because of assignments that depend on something.</summary>
    public IReadOnlyList<string> Others => _others ?? (IReadOnlyList<string>)[];

    /// <summary>Elements of an array.</summary>
    public List<string>? Elements
    {
        get;
        set
        {
            field = value;
            _hasCommands = null;
            Keys = null;
        }
    }

    /// <summary>Places of the elements of an associative array, by key; null when not all keys are known.</summary>
    public Dictionary<string, int>? Keys { get; set; }

    /// <summary>Whether elements may be commands with their arguments.</summary>
    public bool HasCommands => _hasCommands ??= Elements?.Exists(e => e.Contains(' ', StringComparison.Ordinal)) ?? false;

    /// <summary>Fingerprint of all that.</summary>
    public ulong Hash => StateHash.Of(Value) ^ (StateHash.Of(_others) * 3) ^ (Elements is null ? 0 : (StateHash.Of(Elements) | 1) * 5) ^ (Keys is { Count: > 0 } ? StateHash.Of([.. Keys.Keys]) * 7 : 0);

    public void Assign(string value, bool conditional)
    {
        if (!conditional)
        {
            Value = value;
            _others = null;
            Elements = null;
            return;
        }

        if (value != Value && Others.Count < MaxOthers && !Others.Contains(value))
        {
            if (Value.Length == 0)
            {
                Value = value; // an empty start value waits for a real one
            }
            else if (value.Length > 0)
            {
                (_others ??= []).Add(value);
            }
        }
    }

    public Variable Copy() => new(Value) { _others = _others is null ? null : [.. _others], Elements = Elements, Keys = Keys };

    /// <summary>Its value in the n-th of the worlds in which the conditions may have gone.</summary>
    public string In(int world) => world == 0 || Others.Count == 0 ? Value : Others[Math.Min(world, Others.Count) - 1];
}
