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
        var tokens = new List<CodeToken>();
        Read(code, language, ref i, ref line, int.MaxValue, tokens, new WordCache());
        return tokens;
    }

    /// <summary>Reads on from a position, to the end of the line in which the number of tokens is reached.</summary>
    public static void Read(string code, Language language, ref int i, ref int line, int count, List<CodeToken> tokens, WordCache words)
    {
        var joined = new JoinedStrings(tokens);
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
            else if (c is '"' or '`' || (c == '\'' && !language.HasLifetimes))
            {
                i = ReadString(code, i, end, language, tokens, ref line, words);
                joined.Join();
            }
            else if (char.IsLetter(c) || c is '_' || Mark.IsMark(c))
            {
                i = ReadName(code, i, end, tokens, line, words);
            }
            else
            {
                tokens.Add(new CodeToken(CodeTokenKind.Symbol, c < 128 ? Symbols[c] : c.ToString(), line));
                i++;
            }
        }

        joined.End();
    }

    private static bool IsComment(string code, int i, Language language) =>
        code.AsSpan(i).StartsWith(language.Comment) && (language.Comment != "#" || i == 0 || code[i - 1] is ' ' or '\t' or '\n' or ';' or '{' or '}' or ')')
        && !(language.Comment == "//" && i > 0 && code[i - 1] == ':');

    private static int ReadName(string code, int i, int end, List<CodeToken> tokens, int line, WordCache words)
    {
        var start = i;
        while (i < end && (char.IsLetterOrDigit(code[i]) || code[i] == '_' || Mark.IsMark(code[i])
            || (i + 1 < end && code[i] == '.' && char.IsLetter(code[i + 1]))
            || (i + 2 < end && code[i] == ':' && code[i + 1] == ':' && char.IsLetter(code[i + 2]))
            || (i > start + 1 && code[i] == ':' && code[i - 1] == ':')))
        {
            i++;
        }

        tokens.Add(new CodeToken(CodeTokenKind.Name, words.NameOf(code.AsSpan(start, i - start)), line));
        return i;
    }

    private static int ReadString(string code, int i, int end, Language language, List<CodeToken> tokens, ref int line, WordCache words)
    {
        var quote = code[i];
        var first = line;
        var triple = i + 2 < end && code[i + 1] == quote && code[i + 2] == quote && language == Interpreters.Python;
        i += triple ? 3 : 1;
        var start = i;
        var hasEscapes = false;
        while (i < end && !(code[i] == quote && (!triple || (i + 2 < end && code[i + 1] == quote && code[i + 2] == quote))))
        {
            line += code[i] == '\n' ? 1 : 0;
            var isEscape = code[i] == '\\' && i + 1 < end;
            hasEscapes |= isEscape;
            i += isEscape ? 2 : 1;
        }

        var text = code.AsSpan(start, Math.Min(i, end) - start);
        var value = hasEscapes || text is [.., '\\'] ? Escapes.Decode(text.ToString(), stopAtC: false) : words.NameOf(text);
        i = Math.Min(end, i + (triple ? 3 : 1));
        tokens.Add(new CodeToken(quote == '`' && language.BackticksRun ? CodeTokenKind.Backticks : CodeTokenKind.Text, value, first));
        return i;
    }
}
