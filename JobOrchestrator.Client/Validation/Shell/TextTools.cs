using System.Buffers;
using System.Text;
using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>The plain uses of <c>tr</c>, <c>cut</c> and <c>sed</c>.</summary>
internal static class TextTools
{
    private static readonly SearchValues<char> SpecialInPatterns = SearchValues.Create(".*[]^$\\+?(){}|");

    /// <summary>What the command makes of the text; null when it is not one of the plain uses.</summary>
    public static string? Apply(Command command, string input) => command.Name switch
    {
        "tr" => Translate(command, input),
        "cut" => Cut(command, input),
        "sed" or "gsed" => Substitute(command, input),
        "paste" when command.HasFlag('s') && command.ValueOf("-d") is "" or "\\0" => input.Replace("\n", "", StringComparison.Ordinal),
        _ => null,
    };

    /// <summary>Words of a text in which quotes hold some together and backslashes protect what follows them, and nothing expands.</summary>
    public static List<string> SplitQuoted(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, isWord) = ('\0', false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && quote != '\'' && i + 1 < text.Length)
            {
                word.Append(text[++i]);
                isWord = true;
            }
            else if (quote != '\0' ? c == quote : c is '"' or '\'')
            {
                quote = quote == '\0' ? c : '\0';
                isWord = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (isWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    isWord = false;
                }
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }

        if (isWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    private static string? Translate(Command command, string input)
    {
        var sets = command.Operands.Select(Set).ToList();
        if (command.HasFlag('c') || command.HasFlag('C') || sets.Count is 0 or > 2)
        {
            return null;
        }

        if (command.HasFlag('d'))
        {
            return string.Concat(input.Where(c => !sets[0].Contains(c)));
        }

        if (sets.Count == 1 || sets[1].Length == 0)
        {
            return command.HasFlag('s') ? input : null;
        }

        var output = new StringBuilder(input.Length);
        foreach (var c in input)
        {
            var index = sets[0].LastIndexOf(c);
            output.Append(index < 0 ? c : sets[1][Math.Min(index, sets[1].Length - 1)]);
        }

        return output.ToString();
    }

    private static string Set(string text)
    {
        text = Escapes.Decode(Display(text), stopAtC: false)
            .Replace("[:upper:]", "A-Z", StringComparison.Ordinal).Replace("[:lower:]", "a-z", StringComparison.Ordinal)
            .Replace("[:digit:]", "0-9", StringComparison.Ordinal).Replace("[:space:]", " \t\n\r", StringComparison.Ordinal)
            .Replace("[:alpha:]", "A-Za-z", StringComparison.Ordinal).Replace("[:alnum:]", "A-Za-z0-9", StringComparison.Ordinal)
            .Replace("[:punct:]", "!\"#$%&'()*+,./:;<=>?@[]^_`{|}~", StringComparison.Ordinal);
        var members = new StringBuilder();
        for (var i = 0; i < text.Length && members.Length < 512; i++)
        {
            if (i + 2 < text.Length && text[i + 1] == '-' && text[i + 2] >= text[i])
            {
                for (var c = text[i]; c <= text[i + 2] && members.Length < 512; c++)
                {
                    members.Append(c);
                }

                i += 2;
            }
            else
            {
                members.Append(text[i]);
            }
        }

        return members.ToString();
    }

    private static string Display(string text) => text.Replace(Mark.Bracket, '[').Replace(Mark.Star, '*').Replace(Mark.Question, '?');

    private static string? Cut(Command command, string input)
    {
        var characters = Value(command, 'c') ?? Value(command, 'b');
        var fields = Value(command, 'f');
        var delimiter = Value(command, 'd') ?? "\t";
        if ((characters ?? fields) is not { } list || delimiter.Length != 1)
        {
            return null;
        }

        var ranges = new List<(int From, int To)>();
        foreach (var range in list.Split(','))
        {
            var ends = range.Split('-');
            if (ends.Length > 2 || !TryEnd(ends[0], 1, out var from) || !TryEnd(ends[^1], int.MaxValue, out var to))
            {
                return null;
            }

            ranges.Add((from, to));
        }

        return string.Concat(input.TrimEnd('\n').Split('\n').Select(line => (characters is not null
            ? string.Concat(line.Where((_, i) => ranges.Any(r => i + 1 >= r.From && i + 1 <= r.To)))
            : !line.Contains(delimiter[0]) ? line : string.Join(delimiter, line.Split(delimiter[0]).Where((_, i) => ranges.Any(r => i + 1 >= r.From && i + 1 <= r.To)))) + "\n"));
    }

    private static bool TryEnd(string text, int otherwise, out int value)
    {
        value = otherwise;
        return text.Length == 0 || (int.TryParse(text, out value) && value > 0);
    }

    private static string? Value(Command command, char letter) =>
        command.ValueOf($"-{letter}") ?? command.Arguments.FirstOrDefault(a => a.Length > 2 && a[0] == '-' && a[1] == letter)?[2..];

    /// <summary><c>s/a/b/</c> with nothing special in it.</summary>
    private static string? Substitute(Command command, string input)
    {
        var programs = command.Has("-e") ? command.Arguments.Where((_, i) => i > 0 && command.Arguments[i - 1] == "-e").ToList() : [.. command.Operands.Take(1)];
        foreach (var part in programs.SelectMany(p => p.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (part.Length < 4 || part[0] != 's' || part[1..].Split(part[1]) is not ["", var pattern, var replacement, var flags] || flags is not ("" or "g")
                || pattern.Length == 0 || pattern.AsSpan().ContainsAny(SpecialInPatterns) || replacement.AsSpan().IndexOfAny('\\', '&') >= 0)
            {
                return null;
            }

            input = flags == "g"
                ? input.Replace(pattern, replacement, StringComparison.Ordinal)
                : string.Join('\n', input.Split('\n').Select(l => l.IndexOf(pattern, StringComparison.Ordinal) is var at and >= 0 ? l[..at] + replacement + l[(at + pattern.Length)..] : l));
        }

        return programs.Count == 0 ? null : input;
    }
}
