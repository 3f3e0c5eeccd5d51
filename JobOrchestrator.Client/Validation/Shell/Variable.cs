namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>What is known of a variable.</summary>
internal sealed class Variable(string value)
{
    private const int MaxOthers = 3;

    /// <summary>What was assigned last without condition.</summary>
    public string Value { get; private set; } = value;

    /// <summary>What it may be instead, because of assignments that depend on something.</summary>
    public List<string> Others { get; } = [];

    /// <summary>Elements of an array.</summary>
    public List<string>? Elements { get; set; }

    public void Assign(string value, bool conditional)
    {
        if (!conditional)
        {
            Value = value;
            Others.Clear();
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
                Others.Add(value);
            }
        }
    }

    /// <summary>Its value in the n-th of the worlds in which the conditions may have gone.</summary>
    public string In(int world) => world == 0 || Others.Count == 0 ? Value : Others[Math.Min(world, Others.Count) - 1];
}
