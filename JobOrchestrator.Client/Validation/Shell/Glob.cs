namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>File name patterns, with <see cref="Mark"/>s for what is special in them.</summary>
internal static class Glob
{
    /// <summary>Whether the pattern matches all of the text. Time is their lengths' product at worst.</summary>
    /// <param name="pattern">What to match.</param>
    /// <param name="text">Known text.</param>
    /// <param name="crossSlash">Whether <c>*</c> and <c>?</c> match a slash: not in paths.</param>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool crossSlash = false)
    {
        var (p, t, starP, starT) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] is Mark.Star or Mark.Unknown)
            {
                (starP, starT) = (p++, t);
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, text[t], crossSlash, out var next))
            {
                (p, t) = (next, t + 1);
            }
            else if (starP >= 0 && (crossSlash || text[starT] != '/'))
            {
                (p, t) = (starP + 1, ++starT);
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] is Mark.Star or Mark.Unknown)
        {
            p++;
        }

        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, int p, char c, bool crossSlash, out int next)
    {
        next = p + 1;
        switch (pattern[p])
        {
            case Mark.Question:
                return crossSlash || c != '/';
            case Mark.Bracket when pattern[(p + 1)..].IndexOf(']') is var length and > 0:
                next = p + length + 2;
                return InClass(pattern.Slice(p + 1, length), c);
            case Mark.Bracket:
                return c == '[';
            default:
                return pattern[p] == c;
        }
    }

    private static bool InClass(ReadOnlySpan<char> members, char c)
    {
        var negated = members[0] is '!' or '^';
        for (var i = negated ? 1 : 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                if (c >= members[i] && c <= members[i + 2])
                {
                    return !negated;
                }

                i += 2;
            }
            else if (members[i] == c)
            {
                return !negated;
            }
        }

        return negated;
    }
}
