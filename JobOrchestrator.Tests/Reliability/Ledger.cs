using System.Globalization;
using System.Text.RegularExpressions;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>What really ran: every script notes its start and its end in a file of its own, outside of everything that server and clients know of.</summary>
internal sealed partial class Ledger(string directory)
{
    private const string TurnedBack = "turned back";

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

    /// <summary>
    /// From now on an older copy of the history is in force: what ran since that copy was made may run again, under the numbers it had. No script runs
    /// at this moment.
    /// </summary>
    /// <returns>The moment.</returns>
    public DateTimeOffset TurnBack()
    {
        foreach (var path in System.IO.Directory.EnumerateFiles(Directory))
        {
            File.AppendAllText(path, $"{TurnedBack}\n");
        }

        return TimeProvider.System.GetUtcNow();
    }

    /// <summary>Numbers of the attempts that started and of those that came to their end, before the history was turned back and since.</summary>
    public Runs Of(string token)
    {
        var path = Path.Combine(Directory, token);
        var lines = File.Exists(path) ? File.ReadAllLines(path).AsSpan() : [];
        var turned = lines.LastIndexOf(TurnedBack);
        return new(Attempts("start ", lines[..Math.Max(0, turned)]), Attempts("start ", lines[(turned + 1)..]), Attempts("end ", lines));

        static IReadOnlyList<int> Attempts(string word, ReadOnlySpan<string> lines) => [.. lines.ToArray().Where(l => l.StartsWith(word, StringComparison.Ordinal))
            .Select(l => int.Parse(AttemptPattern().Match(l).Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"/executions/\d+-(\d+)-[^/]+/")]
    private static partial Regex AttemptPattern();

    /// <summary>What a script noted: numbers of its attempts.</summary>
    /// <param name="StartedBefore">Started before the history was turned back; empty where it never was.</param>
    /// <param name="Started">Started since, or at all.</param>
    /// <param name="Ended">Came to their end, at any time.</param>
    public sealed record Runs(IReadOnlyList<int> StartedBefore, IReadOnlyList<int> Started, IReadOnlyList<int> Ended);
}
