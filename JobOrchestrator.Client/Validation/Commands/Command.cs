namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>A command as the shell would run it, wrappers taken off, words resolved.</summary>
internal sealed record Command
{
    /// <summary>Commands with more arguments are asked for each of them about the others: they answer from sets.</summary>
    private const int Few = 8;

    private HashSet<string>? _all;
    private HashSet<char>? _letters;

    /// <summary>Name without its directory.</summary>
    public required string Name { get; init; }

    /// <summary>Name as it stands.</summary>
    public required string Path { get; init; }

    public required IReadOnlyList<string> Arguments
    {
        get;
        init
        {
            field = value;
            (_all, _letters) = (null, null);
        }
    }

    public required Invocation Invocation { get; init; }

    public int Line => Invocation.Line;

    /// <summary>Arguments that are no options.</summary>
    public IEnumerable<string> Operands
    {
        get
        {
            var optionsEnded = false;
            foreach (var argument in Arguments)
            {
                if (!optionsEnded && argument == "--")
                {
                    optionsEnded = true;
                }
                else if (optionsEnded || argument.Length < 2 || argument[0] != '-')
                {
                    yield return argument;
                }
            }
        }
    }

    public bool Has(params ReadOnlySpan<string> options)
    {
        foreach (var option in options)
        {
            if (Arguments.Count > Few ? (_all ??= [.. Arguments]).Contains(option) : Arguments.Contains(option))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a single-letter option is there, alone or among others (<c>-rf</c>).</summary>
    public bool HasFlag(char letter) => Arguments.Count > Few
        ? (_letters ??= [.. Arguments.Where(IsShortOption).SelectMany(a => a)]).Contains(letter)
        : Arguments.Any(a => IsShortOption(a) && a.Contains(letter));

    private static bool IsShortOption(string argument) => argument.Length > 1 && argument[0] == '-' && argument[1] != '-';

    /// <summary>Value of an option given as <c>-x value</c> or <c>--long=value</c>.</summary>
    public string? ValueOf(params ReadOnlySpan<string> options)
    {
        for (var i = 0; i < Arguments.Count; i++)
        {
            foreach (var option in options)
            {
                if (Arguments[i] == option)
                {
                    return i + 1 < Arguments.Count ? Arguments[i + 1] : null;
                }

                if (option.StartsWith("--", StringComparison.Ordinal) && Arguments[i].StartsWith(option + "=", StringComparison.Ordinal))
                {
                    return Arguments[i][(option.Length + 1)..];
                }
            }
        }

        return null;
    }
}
