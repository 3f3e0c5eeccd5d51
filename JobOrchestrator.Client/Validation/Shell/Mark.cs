using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>
/// Characters that stand in a word for what is not a character. They are Unicode noncharacters, which no text holds; a script that has them
/// all the same is only judged more carefully.
/// </summary>
internal static class Mark
{
    /// <summary>Text nobody can know before the script runs.</summary>
    public const char Unknown = '\uFDD0';
    public const string UnknownText = "\uFDD0";

    /// <summary>Text that was hidden on purpose: decoded, or computed from constants in a way not followed here.</summary>
    public const char Hidden = '\uFDD1';

    /// <summary>Unquoted <c>*</c>, <c>?</c> and <c>[</c>.</summary>
    public const char Star = '\uFDD2';
    public const char Question = '\uFDD3';
    public const char Bracket = '\uFDD4';

    /// <summary>Home directory of the user.</summary>
    public const char Home = '\uFDD5';

    /// <summary>A directory for temporary files that is the job's own.</summary>
    public const char Scratch = '\uFDD6';

    /// <summary>The job's directory, where the script starts.</summary>
    public const char Job = '\uFDD7';

    /// <summary>Numbers of processes that need not be the script's own.</summary>
    public const char Processes = '\uFDD8';

    /// <summary>Unquoted <c>{</c>, <c>}</c>, and <c>,</c> between them.</summary>
    public const char BraceOpen = '\uFDD9';
    public const char BraceClose = '\uFDDA';
    public const char BraceComma = '\uFDDB';

    /// <summary>Text that was left out because there is too much of it. It is not known either.</summary>
    public const char Omitted = '\uFDDC';
    public const string LeftOut = "\uFDD0\uFDDC";

    /// <summary>Stands behind unknown text that is what a file holds.</summary>
    public const char File = '\uFDDD';
    public const string OfFile = "\uFDD0\uFDDD";

    /// <summary>Stands behind unknown text that is the value of a variable which is never set: most likely it is empty.</summary>
    public const char Unset = '\uFDDE';
    public const string NeverSet = "\uFDD0\uFDDE";

    private const char First = '\uFDD0';
    private const char Last = '\uFDDE';

    public static bool IsMark(char c) => c is >= First and <= Last;

    /// <summary>Whether all of it is known text.</summary>
    public static bool IsKnown(ReadOnlySpan<char> text) => !text.ContainsAnyInRange(First, Last);

    public static bool HasGlob(ReadOnlySpan<char> text) => text.ContainsAnyInRange(Star, Bracket);

    /// <summary>The word without what is not known of it.</summary>
    public static string Strip(string text)
    {
        if (IsKnown(text))
        {
            return text;
        }

        var known = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!IsMark(c))
            {
                known.Append(c);
            }
        }

        return known.ToString();
    }

    /// <summary>The word as people would write it, short enough for a message.</summary>
    public static string Display(string text, int maxLength = 80)
    {
        var shown = new StringBuilder();
        foreach (var c in text)
        {
            if (shown.Length >= maxLength)
            {
                return shown.Append('…').ToString();
            }

            _ = c switch
            {
                Unknown or Hidden or Processes or Omitted => shown.Append('…'),
                Star => shown.Append('*'),
                Question => shown.Append('?'),
                Bracket => shown.Append('['),
                Home => shown.Append('~'),
                Scratch => shown.Append("$TMPDIR"),
                Job => shown.Append('.'),
                File or Unset => shown,
                BraceOpen => shown.Append('{'),
                BraceClose => shown.Append('}'),
                BraceComma => shown.Append(','),
                _ when char.IsControl(c) || char.IsSurrogate(c) => shown.Append(' '),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }
}
