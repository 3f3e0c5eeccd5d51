using System.Buffers;

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
internal sealed partial class ShellLexer(string text, int firstLine = 1, int depth = 0, LexerMemory? memory = null)
{
    /// <summary>Substitutions, compound commands and quotes in one another. Honest scripts stay below ten.</summary>
    public const int MaxDepth = 60;

    /// <summary>Commands in one compound command, which is kept as a whole: some 500 bytes each.</summary>
    public const int MaxCommands = 350_000;

    /// <summary>Commands of one pipeline: each is a process, all at the same time.</summary>
    public const int MaxStages = 1000;

    /// <summary>Here-documents that begin on one line.</summary>
    public const int MaxPending = 1000;

    /// <summary>Statements of one line that are handed out together.</summary>
    private const int MaxBatch = 1000;

    /// <summary>How far ahead the end of a plain command is looked for.</summary>
    internal const int PlainWindow = 512;

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-./,:=+%");
    private static readonly SearchValues<char> PlainInQuotes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-./,:=+%()[]{}<>|&;#*?!^'\"");

    private readonly LexerMemory _memory = memory ?? new LexerMemory();
    private List<Redirection>? _pending;
    private bool _conditional;
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

    public bool AtEnd => _at >= text.Length;

    public string Text => text;

    /// <summary>Reads the statements up to the end of a line, with their here-documents, or some of them when there are many. False at the end of the text.</summary>
    public bool TryReadLine(List<Statement> statements)
    {
        statements.Clear();
        _commands = 0;
        var conditional = _conditional;
        _conditional = false;
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

            if (statements.Count >= MaxBatch && _pending is not { Count: > 0 })
            {
                _conditional = conditional;
                return true;
            }
        }
    }

    /// <summary>Skips commands that end with their line or with a semicolon, as long as there is nothing special in them and the caller need not see them.</summary>
    public void SkipPlain(PlainCommand isUnremarkable)
    {
        while (_at < text.Length && !_conditional)
        {
            var rest = text.AsSpan(_at, Math.Min(PlainWindow, text.Length - _at));
            var length = rest.IndexOfAnyExcept(Plain);
            if (length < 0 && rest.Length == PlainWindow)
            {
                return;
            }

            length = length < 0 ? rest.Length : length;
            var command = rest[..length];
            if (length < rest.Length && rest[length] is '"' or '\'' && !TryUnquote(rest, ref length, out command))
            {
                return;
            }

            if ((length < rest.Length && rest[length] is not ('\n' or ';')) || (command.Length > 0 && !isUnremarkable(command)))
            {
                return;
            }

            _at += Math.Min(length + 1, rest.Length);
        }
    }

    /// <summary>
    /// Takes the quotes off a command whose arguments, or whose assigned value, are partly quoted, and hold nothing that expands. Blanks between quotes then
    /// look like those between words: who looks for words finds more of them, and none less. The name must not be quoted.
    /// </summary>
    /// <param name="rest">The text from the command on.</param>
    /// <param name="length">Where the first quote is; then, where the command ends.</param>
    /// <param name="command">The command without its quotes.</param>
    private bool TryUnquote(ReadOnlySpan<char> rest, scoped ref int length, out ReadOnlySpan<char> command)
    {
        command = [];
        var firstWord = rest[..length].TrimStart(' ');
        var hasName = firstWord.Contains(' ');
        if (!hasName && !firstWord.Contains('='))
        {
            return false;
        }

        var unquoted = _memory.Unquoted;
        rest[..length].CopyTo(unquoted);
        var (at, used) = (length, length);
        while (at < rest.Length && rest[at] is not ('\n' or ';'))
        {
            var isQuoted = rest[at] is '"' or '\'';
            var piece = rest[(isQuoted ? at + 1 : at)..];
            var end = isQuoted ? QuotedLength(piece, rest[at], mayHoldBlanks: hasName) : PlainLength(piece);
            if (end < 0)
            {
                return false;
            }

            piece[..end].CopyTo(unquoted.AsSpan(used));
            used += end;
            at += isQuoted ? end + 2 : end;
        }

        if (at == PlainWindow)
        {
            return false;
        }

        length = at;
        command = unquoted.AsSpan(0, used);
        return true;
    }

    /// <summary>Length of what is quoted up to the closing quote; negative when that is not near, or when something in it expands.</summary>
    private static int QuotedLength(ReadOnlySpan<char> text, char quote, bool mayHoldBlanks)
    {
        var length = text.IndexOf(quote);
        return length < 0 || text[..length].ContainsAnyExcept(PlainInQuotes) || (!mayHoldBlanks && text[..length].Contains(' ')) ? -1 : length;
    }

    /// <summary>Length of what is plain at the beginning of the text, negative when there is nothing of the kind.</summary>
    private static int PlainLength(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Plain) switch
    {
        0 => -1,
        < 0 => text.Length,
        var length => length,
    };

    /// <summary>Where it reads on; at the beginning of a line, or behind a semicolon in it, between calls.</summary>
    public int Position
    {
        get => _at;
        set => _at = value;
    }

    /// <summary>Whether what was read ends with its line, and nothing of it is still to come.</summary>
    public bool IsBetweenLines => !_conditional && _at > 0 && text[_at - 1] == '\n';

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
    private Statement[] ReadList()
    {
        var statements = _memory.StatementLists.TryPop(out var free) ? free : [];
        ReadList(statements);
        Statement[] all = [.. statements];
        if (statements.Capacity <= MaxPooled)
        {
            statements.Clear();
            _memory.StatementLists.Push(statements);
        }

        return all;
    }

    private void ReadList(List<Statement> statements)
    {
        var conditional = false;
        while (true)
        {
            SkipBlanksAndNewlines();
            if (AtEnd || Current == ')' || (Current == ';' && Peek() is ';' or '&') || IsCloser(PeekKeyword()))
            {
                return;
            }

            if (_commands > MaxCommands)
            {
                GiveUp();
                return;
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
        Node? first = null;
        List<Node>? all = null;
        while (true)
        {
            SkipBlanksAndNewlinesIf(first is not null || conditional);
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

            if (first is null)
            {
                first = node;
            }
            else
            {
                (all ??= [first]).Add(node);
            }

            _commands++;
            SkipBlanks();
            if (Current != '|' || Peek() == '|')
            {
                break;
            }

            _at += Peek() == '&' ? 2 : 1;
            if (all?.Count >= MaxStages)
            {
                GiveUp();
            }
        }

        return first is null ? null : new Statement(all is null ? [first] : [.. all], conditional);
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
            node = IsOpener(PeekKeyword()) ? ReadCompound() : ReadSimple();
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

    private static bool IsCloser(ReadOnlySpan<char> keyword) => keyword is "then" or "else" or "elif" or "fi" or "do" or "done" or "esac" or "}";

    private static bool IsOpener(ReadOnlySpan<char> keyword) =>
        keyword is "if" or "while" or "until" or "for" or "select" or "case" or "function" or "{" or "[[" or "coproc";

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

    internal static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    internal static bool IsName(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
