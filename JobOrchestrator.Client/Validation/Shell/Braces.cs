using System.Globalization;
using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Brace expansion: <c>{a,b}</c> and <c>{1..9}</c>.</summary>
internal static class Braces
{
    /// <summary>More words than this are not made; a loop over them looks at the first few anyway.</summary>
    private const int MaxWords = 64;

    /// <summary>Longer words, and words with more braces, are taken as they are: looking for ends of braces is not linear.</summary>
    private const int MaxLength = 1024;
    private const int MaxBraces = 12;

    /// <summary>Expansions inside the word travel as one character each.</summary>
    private const char FirstPart = '\uE000';

    public static IReadOnlyList<Word> Expand(Word word)
    {
        var parts = word.Parts ?? [];
        var flat = new StringBuilder(word.Text);
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Kind == PartKind.Text)
            {
                flat.Append(parts[i].Text);
            }
            else
            {
                flat.Append((char)(FirstPart + Math.Min(i, 4000)));
            }
        }

        if (flat.Length > MaxLength || flat.ToString().Count(c => c == Mark.BraceOpen) > MaxBraces)
        {
            return [Rebuild(Literal(flat.ToString()), parts, word.Quoted)];
        }

        var done = new List<Word>();
        var open = new Stack<string>([flat.ToString()]);
        for (var steps = 0; open.Count > 0 && done.Count < MaxWords && steps < 8 * MaxWords; steps++)
        {
            var text = open.Pop();
            if (!TrySplit(text, out var prefix, out var choices, out var suffix))
            {
                done.Add(Rebuild(Literal(text), parts, word.Quoted));
                continue;
            }

            for (var i = choices.Count - 1; i >= 0; i--)
            {
                open.Push(prefix + choices[i] + suffix);
            }
        }

        return done;
    }

    /// <summary>Takes the first brace apart that is one.</summary>
    private static bool TrySplit(string text, out string prefix, out List<string> choices, out string suffix)
    {
        for (var start = text.IndexOf(Mark.BraceOpen, StringComparison.Ordinal); start >= 0; start = text.IndexOf(Mark.BraceOpen, start + 1))
        {
            choices = [];
            var (depth, from) = (0, start + 1);
            for (var i = start; i < text.Length; i++)
            {
                depth += text[i] switch { Mark.BraceOpen => 1, Mark.BraceClose => -1, _ => 0 };
                if ((depth == 1 && text[i] == Mark.BraceComma) || depth == 0)
                {
                    choices.Add(text[from..i]);
                    from = i + 1;
                }

                if (depth > 0)
                {
                    continue;
                }

                if (choices.Count == 1)
                {
                    choices = Range(choices[0]);
                }

                if (choices.Count > 0)
                {
                    (prefix, suffix) = (text[..start], text[from..]);
                    return true;
                }

                break;
            }
        }

        (prefix, choices, suffix) = ("", [], "");
        return false;
    }

    private static List<string> Range(string text)
    {
        var ends = text.Split("..");
        if (ends.Length is not (2 or 3))
        {
            return [];
        }

        var step = ends.Length == 3 && int.TryParse(ends[2], CultureInfo.InvariantCulture, out var s) && s != 0 ? Math.Abs((long)s) : 1;
        if (int.TryParse(ends[0], CultureInfo.InvariantCulture, out var from) && int.TryParse(ends[1], CultureInfo.InvariantCulture, out var to))
        {
            var width = ends[0].StartsWith('0') && ends[0].Length > 1 ? ends[0].Length : 1;
            return [.. Count(from, to, step).Select(n => n.ToString(new string('0', width), CultureInfo.InvariantCulture))];
        }

        return ends[0].Length == 1 && ends[1].Length == 1 && !Mark.IsMark(ends[0][0]) && !Mark.IsMark(ends[1][0])
            ? [.. Count(ends[0][0], ends[1][0], step).Select(n => ((char)n).ToString())]
            : [];
    }

    private static IEnumerable<long> Count(long from, long to, long step)
    {
        var direction = from <= to ? 1 : -1;
        for (var (n, made) = (from, 0); made < MaxWords && (direction > 0 ? n <= to : n >= to); n += direction * step, made++)
        {
            yield return n;
        }
    }

    private static string Literal(string text) =>
        text.Replace(Mark.BraceOpen, '{').Replace(Mark.BraceClose, '}').Replace(Mark.BraceComma, ',');

    private static Word Rebuild(string flat, List<Part> parts, bool quoted)
    {
        if (parts.Count == 0)
        {
            return new Word(flat, null, quoted);
        }

        var rebuilt = new List<Part>();
        var text = new StringBuilder();
        foreach (var c in flat)
        {
            if (c - FirstPart is var i && i >= 0 && i < parts.Count && parts[i].Kind != PartKind.Text)
            {
                if (text.Length > 0)
                {
                    rebuilt.Add(new Part(PartKind.Text, text.ToString()));
                    text.Clear();
                }

                rebuilt.Add(parts[i]);
            }
            else
            {
                text.Append(c);
            }
        }

        if (text.Length > 0)
        {
            rebuilt.Add(new Part(PartKind.Text, text.ToString()));
        }

        return new Word(null, rebuilt, quoted);
    }
}
