using System.Buffers;
using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Words, quotes and expansions.</content>
internal sealed partial class ShellLexer
{
    /// <summary>A here-document above this keeps only its substitutions; its text is data nobody can look through by name.</summary>
    private const int MaxExpandableText = 1 << 20;

    /// <summary>Commands in the substitutions of one word or here-document.</summary>
    private const int MaxSubstituted = 200_000;

    private static readonly SearchValues<char> Special = SearchValues.Create(" \t\r\n;&|<>()\\'\"$`*?[{},~!@+");
    private static readonly SearchValues<char> WordEnds = SearchValues.Create(" \t\r\n;&|<>()");
    private static readonly SearchValues<char> SpecialInQuotes = SearchValues.Create("\"$`\\");
    private static readonly SearchValues<char> SpecialInText = SearchValues.Create("\\'\"$`}/:]{");

    private Word ReadWord()
    {
        var end = _at;
        while (true)
        {
            var ahead = text.AsSpan(end).IndexOfAny(Special);
            end = ahead < 0 ? text.Length : end + ahead;
            if (end == text.Length || text[end] is not ('+' or '@' or '!' or ',' or '}') || (end + 1 < text.Length && text[end + 1] == '('))
            {
                break;
            }

            end++; // special only before a parenthesis, or behind an open brace
        }

        if (end > _at && (end == text.Length || IsDelimiter(text[end])) && text[_at] != '~')
        {
            var plain = _memory.Words.WordOf(text.AsSpan(_at, end - _at));
            _at = end;
            return plain;
        }

        var start = _at;
        var length = RepeatableLength();
        if (length > 0 && _memory.Words.FindRead(text.AsSpan(start, length)) is { } known)
        {
            _at += length;
            return known;
        }

        var word = ReadText(TextMode.Word);
        if (length > 0 && _at == start + length)
        {
            _memory.Words.KeepRead(text, start, length, word);
        }

        return word;
    }

    /// <summary>
    /// Up to where the word that stands here would be the same wherever it stands, if that is its end: the next blank, operator or closing quote.
    /// Zero when there is no telling without reading it, and where it runs commands, which know their line.
    /// </summary>
    private int RepeatableLength()
    {
        if (AtEnd)
        {
            return 0;
        }

        var window = text.AsSpan(_at, Math.Min(WordCache.MaxRead + 1, text.Length - _at));
        var length = window[0] is '"' or '\'' ? window[1..].IndexOf(window[0]) + 2 : window.IndexOfAny(WordEnds);
        if (length < 2 || length >= window.Length || !IsDelimiter(window[length]) || window[length] is '(' or '<' or '>')
        {
            return 0;
        }

        return window[0] == '\'' || !window[..length].ContainsAny('`', '(') ? length : 0;
    }

    /// <summary>Reads text up to what ends it, which stays unread (but for a closing double quote).</summary>
    private Word ReadText(TextMode mode, bool quotedOperand = false)
    {
        if (!Enter())
        {
            return Word.Empty;
        }

        var pieces = _memory.Pieces.TryPop(out var free) ? free : new Pieces();
        pieces.Begin(text.Length - _at > MaxExpandableText && mode == TextMode.HereDocument);
        var inQuotes = mode is TextMode.DoubleQuoted or TextMode.HereDocument;
        var braces = 0;
        var commandsBefore = _commands;
        while (_at < text.Length)
        {
            var rest = text.AsSpan(_at);
            var plain = rest.IndexOfAny(mode == TextMode.Word ? Special : SpecialInText);
            if (plain != 0)
            {
                plain = plain < 0 ? rest.Length : plain;
                pieces.Append(rest[..plain]);
                _at += plain;
                continue;
            }

            var c = text[_at];
            if (Ends(mode, c))
            {
                break;
            }

            if (_commands > MaxCommands || _commands - commandsBefore > MaxSubstituted)
            {
                GiveUp();
                break;
            }

            switch (c)
            {
                case '\\':
                    ReadEscape(pieces, mode, inQuotes);
                    break;
                case '\'' when !inQuotes && !quotedOperand:
                    ReadSingleQuoted(pieces);
                    break;
                case '"' when mode != TextMode.HereDocument:
                    ReadDoubleQuoted(pieces);
                    break;
                case '$':
                    ReadDollar(pieces, inQuotes || quotedOperand);
                    break;
                case '`':
                    ReadBackticks(pieces, inQuotes || quotedOperand);
                    break;
                default:
                    ReadCharacter(pieces, mode, c, ref braces);
                    break;
            }
        }

        _depth--;
        var word = pieces.ToWord(inQuotes, _memory.Words);
        _memory.Pieces.Push(pieces);
        return word;
    }

    private void ReadDoubleQuoted(Pieces pieces)
    {
        _at++;
        var rest = text.AsSpan(_at);
        var length = rest.IndexOfAny(SpecialInQuotes);
        if (length >= 0 && rest[length] == '"')
        {
            pieces.Append(rest[..length]);
            pieces.Quote();
            _at += length + 1;
            return;
        }

        pieces.AddQuoted(ReadText(TextMode.DoubleQuoted));
        _at = Math.Min(_at + 1, text.Length);
    }

    private bool Ends(TextMode mode, char c) => mode switch
    {
        TextMode.Word => IsDelimiter(c) && !IsProcessSubstitution(),
        TextMode.DoubleQuoted => c == '"',
        TextMode.HereDocument => false,
        TextMode.Operand => c == '}',
        TextMode.Pattern => c is '}' or '/',
        TextMode.Offset => c is '}' or ':',
        _ => c == ']',
    };

    private bool IsProcessSubstitution() => Current is '<' or '>' && Peek() == '(';

    private void ReadCharacter(Pieces pieces, TextMode mode, char c, ref int braces)
    {
        if (mode != TextMode.Word)
        {
            pieces.Append(c);
            _at++;
            return;
        }

        if (c is '<' or '>')
        {
            _at += 2;
            var statements = ReadList();
            TakeParenthesis();
            pieces.Add(new Part(PartKind.Process, "") { Statements = statements, IsSink = c == '>', Quoted = true });
            return;
        }

        if (c is '?' or '*' or '+' or '@' or '!' && Peek() == '(')
        {
            SkipExtendedPattern();
            pieces.Append(Mark.Star);
            return;
        }

        if (c == '~' && pieces.IsEmpty)
        {
            ReadTilde(pieces);
            return;
        }

        braces += c == '{' ? 1 : 0;
        pieces.Append(c switch
        {
            '*' => Mark.Star,
            '?' => Mark.Question,
            '[' when _at + 1 < text.Length && !IsDelimiter(Peek()) => Mark.Bracket,
            '{' => Mark.BraceOpen,
            '}' when braces > 0 => Mark.BraceClose,
            ',' when braces > 0 => Mark.BraceComma,
            _ => c,
        });
        braces -= c == '}' && braces > 0 ? 1 : 0;
        _at++;
    }

    private void ReadEscape(Pieces pieces, TextMode mode, bool inQuotes)
    {
        var next = Peek();
        _at = Math.Min(_at + 2, text.Length);
        if (next == '\n')
        {
            return;
        }

        if (inQuotes && next is not ('$' or '`' or '\\') && !(next == '"' && mode == TextMode.DoubleQuoted))
        {
            pieces.Append('\\');
        }

        if (next != '\0')
        {
            pieces.Append(next);
        }

        pieces.Quote();
    }

    private void ReadSingleQuoted(Pieces pieces)
    {
        var length = text.AsSpan(_at + 1).IndexOf('\'');
        var end = length < 0 ? text.Length : _at + 1 + length;
        pieces.Append(text.AsSpan(_at + 1, end - _at - 1));
        pieces.Quote();
        _at = Math.Min(end + 1, text.Length);
    }

    /// <summary><c>~</c>, <c>~/</c>, <c>~+</c>, <c>~name</c>.</summary>
    private void ReadTilde(Pieces pieces)
    {
        var end = _at + 1;
        while (end < text.Length && (IsName(text[end]) || text[end] is '+' or '-' or '.'))
        {
            end++;
        }

        var name = text.AsSpan(_at + 1, end - _at - 1);
        if (end < text.Length && text[end] != '/' && text[end] != ':' && !IsDelimiter(text[end]))
        {
            pieces.Append('~');
            _at++;
            return;
        }

        _at = end;
        if (name.Length == 0)
        {
            pieces.Append(Mark.Home);
        }
        else if (name is "+")
        {
            pieces.Append(Mark.Job);
        }
        else if (name is "-")
        {
            pieces.Append(Mark.Unknown);
        }
        else
        {
            pieces.Append(name is "root" ? "/" : "/home/");
            pieces.Append(name);
        }
    }

    /// <summary><c>@(a|b)</c> and the like: some file name.</summary>
    private void SkipExtendedPattern()
    {
        var open = 0;
        for (_at++; _at < text.Length && !(text[_at] == '\n'); _at++)
        {
            open += text[_at] == '(' ? 1 : text[_at] == ')' ? -1 : 0;
            if (open == 0)
            {
                _at++;
                return;
            }
        }
    }

    private void ReadDollar(Pieces pieces, bool quoted)
    {
        switch (Peek())
        {
            case '(' when Peek(2) == '(':
                _at++;
                if (TryReadArithmetic() is { } expression)
                {
                    pieces.Add(new Part(PartKind.Arithmetic, "") { Operand = expression, Quoted = true });
                    break;
                }

                _at--;
                goto case '(';
            case '(':
                _at += 2;
                var statements = ReadList();
                TakeParenthesis();
                pieces.Add(new Part(PartKind.Commands, "") { Statements = statements, Quoted = quoted });
                break;
            case '{':
                ReadParameter(pieces, quoted);
                break;
            case '\'' when !quoted:
                ReadAnsiQuoted(pieces);
                break;
            case '"' when !quoted:
                _at++;
                break;
            case var c when IsNameStart(c):
                var end = _at + 2;
                while (end < text.Length && IsName(text[end]))
                {
                    end++;
                }

                pieces.Add(_memory.Words.VariableOf(text.AsSpan(_at + 1, end - _at - 1), quoted));
                _at = end;
                break;
            case >= '0' and <= '9' or '@' or '*' or '#' or '?' or '-' or '$' or '!':
                pieces.Add(_memory.Words.VariableOf(text.AsSpan(_at + 1, 1), quoted));
                _at += 2;
                break;
            default:
                pieces.Append('$');
                _at++;
                break;
        }
    }

    private void ReadBackticks(Pieces pieces, bool quoted)
    {
        var line = Line;
        var inner = new StringBuilder();
        for (_at++; _at < text.Length && text[_at] != '`'; _at++)
        {
            if (text[_at] == '\\' && (Peek() is '\\' or '`' or '$' || (Peek() == '"' && quoted)))
            {
                _at++;
            }

            inner.Append(text[_at]);
        }

        _at = Math.Min(_at + 1, text.Length);
        var lexer = new ShellLexer(inner.ToString(), line, _depth, _memory);
        var statements = new List<Statement>();
        lexer.ReadList(statements);
        while (!lexer.AtEnd)
        {
            lexer._at++;
            lexer.ReadList(statements);
        }

        lexer.ReadHereDocuments();
        _commands += lexer._commands;
        pieces.Add(new Part(PartKind.Commands, "") { Statements = statements, Quoted = quoted });
        if (lexer.GaveUp)
        {
            GiveUp();
        }
    }

    /// <summary><c>${…}</c></summary>
    private void ReadParameter(Pieces pieces, bool quoted)
    {
        _at += 2;
        var prefix = "";
        if (Current is '#' or '!' && (IsName(Peek()) || Peek() is '@' or '*'))
        {
            prefix = Current.ToString();
            _at++;
        }

        var start = _at;
        if (IsNameStart(Current) || char.IsAsciiDigit(Current))
        {
            while (_at < text.Length && IsName(text[_at]))
            {
                _at++;
            }
        }
        else if (Current is '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            _at++;
        }

        var name = text[start.._at];
        Word? index = null;
        if (Current == '[')
        {
            _at++;
            index = ReadText(TextMode.Index);
            _at = Math.Min(_at + 1, text.Length);
        }

        var op = prefix.Length > 0 ? prefix : ReadOperator();
        Word? operand = null, second = null;
        if (Current != '}')
        {
            var verbatim = quoted && op is ":-" or "-" or ":=" or "=" or ":+" or "+" or ":?" or "?";
            operand = ReadText(op switch { ":" => TextMode.Offset, "/" or "//" => TextMode.Pattern, _ => TextMode.Operand }, quoted && verbatim);
            if (Current is ':' or '/')
            {
                _at++;
                second = ReadText(TextMode.Operand);
            }
        }

        _at = Math.Min(_at + 1, text.Length);
        pieces.Add(new Part(PartKind.Variable, name) { Quoted = quoted, Operator = op, Index = index, Operand = operand, Second = second });
    }

    private string ReadOperator()
    {
        var length = Current switch
        {
            ':' => Peek() is '-' or '=' or '?' or '+' ? 2 : 1,
            '#' or '%' or '^' or ',' => Peek() == Current ? 2 : 1,
            '/' => Peek() == '/' ? 2 : 1,
            '-' or '=' or '?' or '+' or '@' => 1,
            _ => 0,
        };
        var op = text.Substring(_at, length);
        _at += length;
        return op;
    }

    /// <summary><c>$'…'</c></summary>
    private void ReadAnsiQuoted(Pieces pieces)
    {
        var start = _at + 2;
        var end = start;
        while (end < text.Length && text[end] != '\'')
        {
            end += text[end] == '\\' ? 2 : 1;
        }

        end = Math.Min(end, text.Length);
        pieces.Append(Escapes.Decode(text.AsSpan(start, end - start), stopAtC: false));
        pieces.Quote();
        _at = Math.Min(end + 1, text.Length);
    }
}
