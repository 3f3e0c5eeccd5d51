namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Output of all processes on one console: a coloured name before each line, no colours when it is not a terminal or <c>NO_COLOR</c> is set.</summary>
internal sealed class ResourceConsole(int nameWidth)
{
    private static readonly string[] Colours = ["36", "32", "33", "35", "34", "96", "92", "93", "95", "94"];

    private readonly bool _coloured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _colourOf = new(StringComparer.Ordinal);

    /// <summary>A line of a resource's output.</summary>
    public void Write(string name, string line)
    {
        lock (_lock)
        {
            Console.Out.WriteLine($"{Paint(ColourOf(name), name.PadRight(nameWidth))} | {line}");
        }
    }

    /// <summary>A line of the host's own.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            Console.Out.WriteLine(Paint("1", line));
        }
    }

    /// <summary>Something went wrong.</summary>
    public void Complain(string line)
    {
        lock (_lock)
        {
            Console.Out.WriteLine(Paint("31", line));
        }
    }

    private string ColourOf(string name)
    {
        if (!_colourOf.TryGetValue(name, out var colour))
        {
            _colourOf[name] = colour = Colours[_colourOf.Count % Colours.Length];
        }

        return colour;
    }

    private string Paint(string colour, string text) => _coloured ? $"\e[{colour}m{text}\e[0m" : text;
}
