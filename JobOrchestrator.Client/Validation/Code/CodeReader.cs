using System.Text;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Takes a program apart just far enough to tell code from strings and comments. Linear, never throws.</summary>
internal static class CodeReader
{
    /// <summary>Symbols, which there are many of.</summary>
    private static readonly string[] Symbols = [.. Enumerable.Range(0, 128).Select(c => ((char)c).ToString())];

    public static List<CodeToken> Read(string code, Language language, int line)
    {
        var i = 0;
        return Read(code, language, ref i, ref line, int.MaxValue);
    }

    /// <summary>Reads on from a position, to the end of the line in which the number of tokens is reached.</summary>
    public static List<CodeToken> Read(string code, Language language, ref int i, ref int line, int count)
    {
        var tokens = new List<CodeToken>();
        var end = code.Length;
        while (i < end && !(tokens.Count >= count && tokens[^1].Kind == CodeTokenKind.End))
        {
            var c = code[i];
            if (c == '\n')
            {
                tokens.Add(new CodeToken(CodeTokenKind.End, "\n", line++));
                i++;
            }
            else if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (IsComment(code, i, language))
            {
                var length = code.AsSpan(i, end - i).IndexOf('\n');
                i = length < 0 ? end : i + length;
            }
            else if (c is '"' or '\'' or '`')
            {
                i = ReadString(code, i, end, language, tokens, ref line);
            }
            else if (char.IsLetter(c) || c is '_' || Mark.IsMark(c))
            {
                i = ReadName(code, i, end, tokens, line);
            }
            else
            {
                tokens.Add(new CodeToken(CodeTokenKind.Symbol, c < 128 ? Symbols[c] : c.ToString(), line));
                i++;
            }
        }

        return tokens;
    }

    private static bool IsComment(string code, int i, Language language) =>
        code.AsSpan(i).StartsWith(language.Comment) && (language.Comment != "#" || i == 0 || code[i - 1] is ' ' or '\t' or '\n' or ';' or '{' or '}' or ')')
        && !(language.Comment == "//" && i > 0 && code[i - 1] == ':');

    private static int ReadName(string code, int i, int end, List<CodeToken> tokens, int line)
    {
        var start = i;
        while (i < end && (char.IsLetterOrDigit(code[i]) || code[i] == '_' || Mark.IsMark(code[i])
            || (i + 1 < end && code[i] == '.' && char.IsLetter(code[i + 1]))
            || (i + 2 < end && code[i] == ':' && code[i + 1] == ':' && char.IsLetter(code[i + 2]))
            || (i > start + 1 && code[i] == ':' && code[i - 1] == ':')))
        {
            i++;
        }

        tokens.Add(new CodeToken(CodeTokenKind.Name, code[start..i], line));
        return i;
    }

    private static int ReadString(string code, int i, int end, Language language, List<CodeToken> tokens, ref int line)
    {
        var quote = code[i];
        var first = line;
        var triple = i + 2 < end && code[i + 1] == quote && code[i + 2] == quote && language == Interpreters.Python;
        i += triple ? 3 : 1;
        var text = new StringBuilder();
        while (i < end && !(code[i] == quote && (!triple || (i + 2 < end && code[i + 1] == quote && code[i + 2] == quote))))
        {
            line += code[i] == '\n' ? 1 : 0;
            if (code[i] == '\\' && i + 1 < end)
            {
                text.Append(code[i++]);
            }

            text.Append(code[i++]);
        }

        i = Math.Min(end, i + (triple ? 3 : 1));
        var value = text.ToString();
        value = value.Contains('\\', StringComparison.Ordinal) ? Escapes.Decode(value, stopAtC: false) : value;
        Add(tokens, new CodeToken(quote == '`' && language.BackticksRun ? CodeTokenKind.Backticks : CodeTokenKind.Text, value, first));
        return i;
    }

    /// <summary>Strings side by side, or with a plus or a dot between them, are one.</summary>
    private static void Add(List<CodeToken> tokens, CodeToken token)
    {
        if (tokens is [.., { Kind: CodeTokenKind.Text } before] && token.Kind == CodeTokenKind.Text)
        {
            tokens[^1] = before with { Text = before.Text + token.Text };
        }
        else if (tokens is [.., { Kind: CodeTokenKind.Text } left, { Kind: CodeTokenKind.Symbol, Text: "+" or "." }] && token.Kind == CodeTokenKind.Text)
        {
            tokens.RemoveAt(tokens.Count - 1);
            tokens[^1] = left with { Text = left.Text + token.Text };
        }
        else
        {
            tokens.Add(token);
        }
    }
}
