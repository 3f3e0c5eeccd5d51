using System.Collections.Frozen;
using System.Globalization;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Recognises programs that go on for ever, in the languages whose loops look alike.</summary>
internal static class Loops
{
    /// <summary>What may end a loop, wait in it, or give it something to do from outside.</summary>
    private static readonly FrozenSet<string> Leaving = FrozenSet.Create(
        StringComparer.Ordinal, "break", "return", "exit", "quit", "raise", "throw", "die", "last", "sys.exit", "os._exit", "sleep", "time.sleep", "usleep", "wait", "input", "readline",
        "readlines", "read", "recv", "next", "yield", "await", "get", "accept", "select", "abort", "process.exit", "stop", "croak", "assert", "getline", "gets", "STDIN", "stdin", "sys.stdin",
        "goto", "redo", "except", "rescue", "catch");

    /// <summary>Processes that a program may start for itself: the largest machines have as many processors.</summary>
    private const int MaxShort = 512;

    private static readonly FrozenSet<string> Growing = FrozenSet.Create(StringComparer.Ordinal, "append", "extend", "push", "insert", "add", "write", "unshift", "concat", "makedirs", "mkdir", "malloc", "calloc");

    /// <summary>Whether a loop whose condition is always true begins with this name.</summary>
    public static bool IsEndless(List<CodeToken> tokens, int i)
    {
        if (tokens[i].Text is "for")
        {
            return Symbols(tokens, i + 1, "(;;)");
        }

        if (tokens[i].Text is not "while")
        {
            return false;
        }

        var at = i + 1 < tokens.Count && tokens[i + 1].Is('(') ? i + 2 : i + 1;
        return at + 1 < tokens.Count && tokens[at].Text is "True" or "true" or "TRUE" or "1" && (tokens[at + 1].Is(':') || tokens[at + 1].Is(')') || tokens[at + 1].Is('{'));
    }

    /// <summary>
    /// Whether a counting loop begins with this name, of which no number says that there are many rounds: <c>for i in range(8)</c>,
    /// <c>for (i = 0; i &lt; n; i++)</c>.
    /// </summary>
    public static bool IsShort(List<CodeToken> tokens, int i)
    {
        if (IsEndless(tokens, i))
        {
            return false;
        }

        for (var k = i + 1; k < tokens.Count && k - i < 60 && tokens[k].Kind != CodeTokenKind.End && !tokens[k].Is('{'); k++)
        {
            if (tokens[k].Text is "itertools.count" or "count" or "repeat" or "itertools.repeat" or "cycle" or "itertools.cycle" || NumberAt(tokens, k) > MaxShort)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the condition of the loop that begins here waits for processes: <c>while (wait(NULL) &gt; 0)</c>.</summary>
    public static bool Waits(List<CodeToken> tokens, int i)
    {
        for (var k = i + 1; k < tokens.Count && k - i < 12 && !tokens[k].Is(')') && !tokens[k].Is('{') && !tokens[k].Is(':'); k++)
        {
            if (tokens[k].Kind == CodeTokenKind.Name && CodeNames.IsWait(tokens[k].Text))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a program in which this name stands may end, or waits for something.</summary>
    public static bool MayLeave(string name) => Leaving.Contains(name) || Leaving.Contains(Last(name));

    public static bool Grows(string name) => Growing.Contains(Last(name));

    /// <summary>The number that stands here, <c>**</c> and exponents included; 0 when there is none.</summary>
    public static double NumberAt(List<CodeToken> tokens, int i)
    {
        var digits = "";
        for (; i < tokens.Count && tokens[i].Kind == CodeTokenKind.Symbol && (char.IsAsciiDigit(tokens[i].Text[0]) || tokens[i].Is('_')) && digits.Length < 30; i++)
        {
            digits += tokens[i].Is('_') ? "" : tokens[i].Text;
        }

        if (!double.TryParse(digits, CultureInfo.InvariantCulture, out var number))
        {
            return 0;
        }

        if (i < tokens.Count && tokens[i] is { Kind: CodeTokenKind.Name, Text: ['e' or 'E', .. var exponent] } && int.TryParse(exponent, CultureInfo.InvariantCulture, out var power))
        {
            return number * Math.Pow(10, power);
        }

        return i + 2 < tokens.Count && tokens[i].Is('*') && tokens[i + 1].Is('*') ? Math.Pow(number, NumberAt(tokens, i + 2)) : number;
    }

    private static bool Symbols(List<CodeToken> tokens, int from, string symbols)
    {
        for (var i = 0; i < symbols.Length; i++)
        {
            if (from + i >= tokens.Count || !tokens[from + i].Is(symbols[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
}
