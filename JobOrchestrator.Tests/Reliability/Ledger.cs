using System.Globalization;
using System.Text.RegularExpressions;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>What really ran: every script notes its start and its end in a file of its own, outside of everything that server and clients know of.</summary>
internal sealed partial class Ledger(string directory)
{
    public string Directory { get; } = System.IO.Directory.CreateDirectory(directory).FullName;

    /// <summary>A script that notes its start, does something, leaves its token as its result, notes its end, and exits.</summary>
    public string Script(string token, string work = "", int exitCode = 0) =>
        $"""
        #!/bin/bash
        echo "start $PWD" >> '{Directory}/{token}'
        {work}
        echo '{token}' > out.txt
        echo "end $PWD" >> '{Directory}/{token}'
        exit {exitCode}

        """;

    /// <summary>Numbers of the attempts that started, and of those that came to their end.</summary>
    public (IReadOnlyList<int> Started, IReadOnlyList<int> Ended) Of(string token)
    {
        var path = Path.Combine(Directory, token);
        var lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        return (Attempts("start "), Attempts("end "));

        List<int> Attempts(string word) => [.. lines.Where(l => l.StartsWith(word, StringComparison.Ordinal))
            .Select(l => int.Parse(AttemptPattern().Match(l).Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"/executions/\d+-(\d+)-[^/]+/")]
    private static partial Regex AttemptPattern();
}
