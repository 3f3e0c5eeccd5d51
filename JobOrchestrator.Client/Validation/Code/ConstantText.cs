using System.Globalization;
using System.Text;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Text that a program makes of constants, in the ways that are common: nobody who means well writes it so.</summary>
internal static class ConstantText
{
    private const int MaxElements = 64;

    /// <summary>The text that is made here, null when none is, or none that can be told.</summary>
    public static string? At(List<CodeToken> tokens, int i) => tokens[i].Kind switch
    {
        CodeTokenKind.Text => Joined(tokens, i) ?? Reversed(tokens, i),
        CodeTokenKind.Name => OfNumbers(tokens, i),
        _ => null,
    };

    /// <summary><c>"/".join(["", "dev", "sda"])</c></summary>
    private static string? Joined(List<CodeToken> tokens, int i)
    {
        if (!(Is(tokens, i + 1, '.') && i + 2 < tokens.Count && tokens[i + 2] is { Kind: CodeTokenKind.Name, Text: "join" } && Is(tokens, i + 3, '(') && (Is(tokens, i + 4, '[') || Is(tokens, i + 4, '('))))
        {
            return null;
        }

        var joined = new StringBuilder();
        for (var (k, n) = (i + 5, 0); k + 1 < tokens.Count && n < MaxElements && tokens[k].Kind == CodeTokenKind.Text; k += 2, n++)
        {
            joined.Append(n > 0 ? tokens[i].Text : "").Append(tokens[k].Text);
            if (!tokens[k + 1].Is(','))
            {
                return tokens[k + 1].Is(']') || tokens[k + 1].Is(')') ? joined.ToString() : null;
            }
        }

        return null;
    }

    /// <summary><c>"metsys"[::-1]</c>, <c>"metsys".reverse</c>, <c>reverse("metsys")</c></summary>
    private static string? Reversed(List<CodeToken> tokens, int i)
    {
        var isReversed = (Is(tokens, i + 1, '[') && Is(tokens, i + 2, ':') && Is(tokens, i + 3, ':') && Is(tokens, i + 4, '-') && Is(tokens, i + 5, '1') && Is(tokens, i + 6, ']'))
            || (Is(tokens, i + 1, '.') && i + 2 < tokens.Count && tokens[i + 2].Text is "reverse")
            || (i > 1 && tokens[i - 1].Is('(') && tokens[i - 2].Text is "reverse" or "strrev" or "string.reverse" or "rev");
        return isReversed ? new string([.. tokens[i].Text.Reverse()]) : null;
    }

    /// <summary><c>bytes([112, 105, 112])</c>, <c>String.fromCharCode(99, 117)</c></summary>
    private static string? OfNumbers(List<CodeToken> tokens, int i)
    {
        if (tokens[i].Text is not ("bytes" or "bytearray" or "String.fromCharCode") || !Is(tokens, i + 1, '('))
        {
            return null;
        }

        var text = new StringBuilder();
        var digits = "";
        for (var k = Is(tokens, i + 2, '[') ? i + 3 : i + 2; k < tokens.Count && text.Length < MaxElements; k++)
        {
            if (tokens[k] is { Kind: CodeTokenKind.Symbol, Text: [>= '0' and <= '9'] } digit)
            {
                digits += digit.Text;
            }
            else if (digits.Length is > 0 and < 4 && int.Parse(digits, CultureInfo.InvariantCulture) is > 8 and < 127 and var code)
            {
                text.Append((char)code);
                digits = "";
                if (!tokens[k].Is(','))
                {
                    break;
                }
            }
            else
            {
                return null;
            }
        }

        return text.Length > 1 ? text.ToString() : null;
    }

    private static bool Is(List<CodeToken> tokens, int i, char symbol) => i < tokens.Count && tokens[i].Is(symbol);
}
