using System.Globalization;
using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Backslash escapes of <c>$'…'</c>, <c>printf</c> and <c>echo -e</c>.</summary>
internal static class Escapes
{
    /// <param name="text">Text with escapes.</param>
    /// <param name="stopAtC">Whether <c>\c</c> ends the text, as in <c>echo</c>.</param>
    public static string Decode(ReadOnlySpan<char> text, bool stopAtC = true)
    {
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }

        var decoded = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 >= text.Length)
            {
                decoded.Append(text[i]);
                continue;
            }

            var c = text[++i];
            switch (c)
            {
                case 'x':
                    i += AppendNumber(decoded, text[(i + 1)..], 16, 2, "\\x");
                    break;
                case 'u':
                    i += AppendNumber(decoded, text[(i + 1)..], 16, 4, "\\u");
                    break;
                case 'U':
                    i += AppendNumber(decoded, text[(i + 1)..], 16, 8, "\\U");
                    break;
                case >= '0' and <= '7':
                    i += AppendNumber(decoded, text[i..], 8, c == '0' ? 4 : 3, "") - 1;
                    break;
                case 'c' when stopAtC:
                    return decoded.ToString();
                case 'c' when i + 1 < text.Length:
                    decoded.Append((char)(text[++i] & 0x1F));
                    break;
                default:
                    var index = "abeEfnrtv\\'\"?".IndexOf(c, StringComparison.Ordinal);
                    decoded.Append(index < 0 ? $"\\{c}" : "\a\b\u001B\u001B\f\n\r\t\v\\'\"?"[index].ToString());
                    break;
            }
        }

        return decoded.ToString();
    }

    private static int AppendNumber(StringBuilder decoded, ReadOnlySpan<char> text, int radix, int maxDigits, string otherwise)
    {
        var (value, length) = (0L, 0);
        while (length < Math.Min(maxDigits, text.Length) && Digit(text[length]) is var digit && digit < radix)
        {
            value = (value * radix) + digit;
            length++;
        }

        if (length == 0)
        {
            decoded.Append(otherwise);
        }
        else if (value is > 0 and < 0xD800 or (> 0xDFFF and <= 0x10FFFF))
        {
            decoded.Append(char.ConvertFromUtf32((int)value));
        }

        return length;
    }

    private static int Digit(char c) =>
        char.IsAsciiHexDigit(c) ? int.Parse([c], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : int.MaxValue;
}
