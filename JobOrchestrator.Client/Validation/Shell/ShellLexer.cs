using System.Buffers;
using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>
/// Reads bash, line by line, into statements whose words have their quoting resolved.
/// <para>
/// It goes over the text once, never throws, and never loops: whatever the bytes are, it moves on. Constructs nested deeper than
/// <see cref="MaxDepth"/> and lists longer than <see cref="MaxCommands"/> make it give up, and say so, rather than take the stack or the
/// memory. Like bash it is content with much that is no good shell; where bash would stop at a syntax error it goes on reading, since
/// what stands behind the error may not be hidden by it.
/// </para>
/// </summary>
internal sealed partial class ShellLexer(string text, int firstLine = 1, int depth = 0)
{
    /// <summary>Substitutions, compound commands and quotes in one another. Honest scripts stay below ten.</summary>
    public const int MaxDepth = 60;

    /// <summary>Commands in one compound command.</summary>
    public const int MaxCommands = 200_000;

    private static readonly FrozenSet<string> Closers =
        FrozenSet.Create(StringComparer.Ordinal, "then", "else", "elif", "fi", "do", "done", "esac", "}");

    private static readonly FrozenSet<string> Openers =
        FrozenSet.Create(StringComparer.Ordinal, "if", "while", "until", "for", "select", "case", "function", "{", "[[", "coproc");

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-./,:=+%");

    private readonly List<Redirection> _pending = [];
    private int _at;
    private int _depth = depth;
    private int _commands;
    private int _countedTo;
    private int _lineThere = firstLine;

    /// <summary>Whether the rest of the text was not read.</summary>
    public bool GaveUp { get; private set; }

    /// <summary>1-based line of the current position.</summary>
    public int Line
    {
        get
        {
            if (_at > _countedTo)
            {
                _lineThere += text.AsSpan(_countedTo, _at - _countedTo).Count('\n');
                _countedTo = _at;
            }

            return _lineThere;
        }
    }

    private char Current => _at < text.Length ? text[_at] : '\0';

    private bool AtEnd => _at >= text.Length;

    /// <summary>Reads the statements up to the end of a line, with their here-documents. False at the end of the text.</summary>
    public bool TryReadLine(List<Statement> statements)
    {
        statements.Clear();
        _commands = 0;
        var conditional = false;
        while (true)
        {
            SkipBlanks();
            if (AtEnd)
            {
                ReadHereDocuments();
                return statements.Count > 0;
            }

            if (Current == '\n')
            {
                _at++;
                ReadHereDocuments();
                if (statements.Count > 0)
                {
                    return true;
                }

                continue;
            }

            var before = _at;
            if (ReadPipeline(conditional) is { } statement)
            {
                statements.Add(statement);
            }

            conditional = ReadSeparator(statements);
            if (_at == before && !SkipKeyword())
            {
                _at++; // what nothing can begin with, such as a stray parenthesis
            }
        }
    }

    /// <summary>Skips whole lines, as long as there is nothing special in them and the caller need not see them.</summary>
    public void SkipLines(PlainLine isUnremarkable)
    {
        while (_at < text.Length)
        {
            var rest = text.AsSpan(_at);
            var end = rest.IndexOf('\n');
            var line = end < 0 ? rest : rest[..end];
            if (line.Length > 0 && (line.ContainsAnyExcept(Plain) || !isUnremarkable(line)))
            {
                return;
            }

            _at += end < 0 ? line.Length : end + 1;
        }
    }

    /// <summary>Reads the text as the body of a here-document: expansions count, quotes do not.</summary>
    public Word ReadExpandable()
    {
        var word = ReadText(TextMode.HereDocument);
        _at = text.Length;
        return word;
    }

    private char Peek(int ahead = 1) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private void GiveUp()
    {
        GaveUp = true;
        _at = text.Length;
    }

    private bool Enter()
    {
        if (++_depth <= MaxDepth)
        {
            return true;
        }

        GiveUp();
        return false;
    }

    /// <summary>Reads statements until something that closes them: a parenthesis, <c>;;</c>, a keyword such as <c>done</c>, or the end.</summary>
    private List<Statement> ReadList()
    {
        var statements = new List<Statement>();
        var conditional = false;
        while (true)
        {
            SkipBlanksAndNewlines();
            if (AtEnd || Current == ')' || (Current == ';' && Peek() is ';' or '&') || IsKeyword(Closers))
            {
                return statements;
            }

            if (_commands > MaxCommands)
            {
                GiveUp();
                return statements;
            }

            var before = _at;
            if (ReadPipeline(conditional) is { } statement)
            {
                statements.Add(statement);
            }

            conditional = ReadSeparator(statements);
            if (_at == before)
            {
                _at++;
            }
        }
    }

    /// <summary>Reads what is between two statements; true when the next one depends on the last one.</summary>
    private bool ReadSeparator(List<Statement> statements)
    {
        SkipBlanks();
        switch (Current)
        {
            case '&' when Peek() == '&':
            case '|' when Peek() == '|':
                _at += 2;
                return true;
            case '&':
                _at++;
                if (statements.Count > 0)
                {
                    statements[^1].Background = true;
                }

                return false;
            case ';' when Peek() is not (';' or '&'):
                _at++;
                return false;
            default:
                return false;
        }
    }

    private Statement? ReadPipeline(bool conditional)
    {
        var stages = new List<Node>(1);
        while (true)
        {
            SkipBlanksAndNewlinesIf(stages.Count > 0 || conditional);
            while (Current == '!' && IsBlank(Peek()))
            {
                _at++;
                SkipBlanks();
            }

            SkipTimeKeyword();
            if (ReadCommand() is not { } node)
            {
                break;
            }

            stages.Add(node);
            _commands++;
            SkipBlanks();
            if (Current != '|' || Peek() == '|')
            {
                break;
            }

            _at += Peek() == '&' ? 2 : 1;
        }

        return stages.Count == 0 ? null : new Statement(stages, conditional);
    }

    private void SkipTimeKeyword()
    {
        if (!PeekKeyword().SequenceEqual("time"))
        {
            return;
        }

        var before = _at;
        _at += 4;
        SkipBlanks();
        if (Current == '-' && !(Peek() == 'p' && IsBlank(Peek(2))))
        {
            _at = before; // meant for the program of that name
        }
        else if (Current == '-')
        {
            _at += 2;
            SkipBlanks();
        }
    }

    private Node? ReadCommand()
    {
        if (!Enter())
        {
            return null;
        }

        Node? node;
        if (Current == '(')
        {
            node = ReadParenthesis();
        }
        else
        {
            node = IsKeyword(Openers) ? ReadCompound() : ReadSimple();
        }

        if (node is CompoundNode { Kind: not CompoundKind.Function })
        {
            node.Redirections = ReadRedirections();
        }

        _depth--;
        return node;
    }

    private void SkipBlanksAndNewlinesIf(bool newlines)
    {
        if (newlines)
        {
            SkipBlanksAndNewlines();
        }
        else
        {
            SkipBlanks();
        }
    }

    private void SkipBlanksAndNewlines()
    {
        SkipBlanks();
        while (Current == '\n' && !AtEnd)
        {
            _at++;
            ReadHereDocuments();
            SkipBlanks();
        }
    }

    /// <summary>Skips blanks, continued lines, and a comment, up to and without the end of the line.</summary>
    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            var c = text[_at];
            if (c is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (c == '\\' && Peek() == '\n')
            {
                _at += 2;
            }
            else if (c == '#' && (_at == 0 || IsDelimiter(text[_at - 1])))
            {
                var end = text.AsSpan(_at).IndexOf('\n');
                _at = end < 0 ? text.Length : _at + end;
            }
            else
            {
                return;
            }
        }
    }

    private bool IsKeyword(FrozenSet<string> keywords) =>
        PeekKeyword() is { Length: > 0 } word && keywords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);

    private bool TakeKeyword(string keyword)
    {
        if (!PeekKeyword().SequenceEqual(keyword))
        {
            return false;
        }

        _at += keyword.Length;
        return true;
    }

    private bool SkipKeyword()
    {
        var length = PeekKeyword().Length;
        _at += length;
        return length > 0;
    }

    /// <summary>The unquoted word that stands here, if it can be a keyword.</summary>
    private ReadOnlySpan<char> PeekKeyword()
    {
        var end = _at;
        while (end < text.Length && end - _at < 9 && (char.IsAsciiLetterLower(text[end]) || text[end] is '{' or '}' or '['))
        {
            end++;
        }

        return end < text.Length && !IsDelimiter(text[end]) ? [] : text.AsSpan(_at, end - _at);
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r' or '(';

    private static bool IsDelimiter(char c) => c is ' ' or '\t' or '\n' or '\r' or ';' or '&' or '|' or '<' or '>' or '(' or ')';

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsName(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
