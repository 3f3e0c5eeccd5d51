using System.Globalization;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Whole-number arithmetic of constants, enough to see through <c>$((60+3))</c>.</summary>
internal static class Arithmetic
{
    private const int MaxLength = 256;

    /// <summary>The value, or null when it is not a plain expression of known numbers.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="variable">Value of a variable, null when it has no known number.</param>
    public static long? TryEvaluate(string text, Func<string, long?> variable)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        var at = 0;
        var value = Sum(text, ref at, variable, 0);
        SkipBlanks(text, ref at);
        return at == text.Length ? value : null;
    }

    private static long? Sum(string text, ref int at, Func<string, long?> variable, int depth)
    {
        var value = Product(text, ref at, variable, depth);
        while (value is not null && Next(text, ref at) is '+' or '-')
        {
            var op = text[at++];
            var right = Product(text, ref at, variable, depth);
            value = op == '+' ? value + right : value - right;
        }

        return value;
    }

    private static long? Product(string text, ref int at, Func<string, long?> variable, int depth)
    {
        var value = Factor(text, ref at, variable, depth);
        while (value is not null && Next(text, ref at) is '*' or '/' or '%')
        {
            var op = text[at++];
            var right = Factor(text, ref at, variable, depth);
            value = op switch
            {
                '*' => value * right,
                _ when right is null or 0 or -1 => null,
                '/' => value / right,
                _ => value % right,
            };
        }

        return value;
    }

    private static long? Factor(string text, ref int at, Func<string, long?> variable, int depth)
    {
        switch (Next(text, ref at))
        {
            case '-':
                at++;
                return depth > 16 ? null : -Factor(text, ref at, variable, depth + 1);
            case '(':
                at++;
                var inner = depth > 16 ? null : Sum(text, ref at, variable, depth + 1);
                return Next(text, ref at) == ')' && at++ >= 0 ? inner : null;
            case '$':
                at++;
                return depth > 16 ? null : Factor(text, ref at, variable, depth + 1);
            default:
                var start = at;
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '#'))
                {
                    at++;
                }

                return Number(text[start..at], variable);
        }
    }

    private static long? Number(string text, Func<string, long?> variable)
    {
        if (text.Length is 0 or > 18)
        {
            return null;
        }

        if (!char.IsAsciiDigit(text[0]))
        {
            return variable(text);
        }

        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null;
        }

        if (text.Split('#') is [var radix, var digits] && int.TryParse(radix, CultureInfo.InvariantCulture, out var r) && r is >= 2 and <= 36)
        {
            return InRadix(digits, r);
        }

        return text[0] == '0' ? InRadix(text, 8) : long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    private static long? InRadix(string digits, int radix)
    {
        var value = 0L;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10 : radix;
            if (digit >= radix || value > long.MaxValue / 64)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return value;
    }

    private static char Next(string text, ref int at)
    {
        SkipBlanks(text, ref at);
        return at < text.Length ? text[at] : '\0';
    }

    private static void SkipBlanks(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }
}
