using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Simple commands, assignments, redirections and here-documents.</content>
internal sealed partial class ShellLexer
{
    private static readonly FrozenSet<string> Declarations =
        FrozenSet.Create(StringComparer.Ordinal, "export", "declare", "typeset", "local", "readonly");

    /// <summary>Lists that have grown beyond this are not used again.</summary>
    private const int MaxPooled = 1 << 12;

    /// <summary>Whether assignments among the arguments of the command are assignments.</summary>
    internal static bool IsDeclaration(string command) => Declarations.Contains(command);

    /// <summary>A simple command, or the definition of a function; null when no command begins here.</summary>
    private Node? ReadSimple()
    {
        var line = Line;
        List<Assignment>? assignments = null;
        Word? first = null;
        List<Word>? words = null;
        List<Redirection>? redirections = null;
        var mayAssign = true;
        while (true)
        {
            SkipBlanks();
            if (AtEnd)
            {
                break;
            }

            if ((Current is '<' or '>' or '&' or '{' || char.IsAsciiDigit(Current)) && TryReadRedirection() is { } redirection)
            {
                redirections ??= _memory.RedirectionLists.TryPop(out var freeList) ? freeList : [];
                redirections.Add(redirection);
                continue;
            }

            if (Current == '(' && first is not null && words is null && assignments is null && redirections is null && IsEmptyParentheses())
            {
                SkipParentheses();
                return ReadFunction(line, first.Text ?? "");
            }

            if (IsDelimiter(Current) && !IsProcessSubstitution())
            {
                break;
            }

            if (mayAssign && TryReadAssignment() is { } assignment)
            {
                (assignments ??= []).Add(assignment);
            }
            else if (first is null)
            {
                first = ReadWord();
                mayAssign = first.Text is { } name && Declarations.Contains(name);
            }
            else
            {
                if (words is null)
                {
                    words = _memory.WordLists.TryPop(out var free) ? free : [];
                    words.Add(first);
                }

                words.Add(ReadWord());
            }
        }

        if (assignments is null && first is null && redirections is null)
        {
            return null;
        }

        var node = new SimpleNode(line, assignments is null ? [] : [.. assignments], words is not null ? [.. words] : first is null ? [] : [first])
        {
            Redirections = redirections is null ? [] : redirections.Count == 1 ? redirections[0].Alone : [.. redirections],
        };
        if (redirections is { Capacity: <= MaxPooled })
        {
            redirections.Clear();
            _memory.RedirectionLists.Push(redirections);
        }

        if (words is { Capacity: <= MaxPooled })
        {
            words.Clear();
            _memory.WordLists.Push(words);
        }

        return node;
    }

    private bool IsEmptyParentheses()
    {
        var before = _at;
        SkipParentheses();
        var found = _at != before;
        _at = before;
        return found;
    }

    private Redirection[] ReadRedirections()
    {
        List<Redirection>? all = null;
        SkipBlanks();
        while (!AtEnd && TryReadRedirection() is { } redirection)
        {
            (all ??= []).Add(redirection);
            SkipBlanks();
        }

        return all is null ? [] : [.. all];
    }

    private Redirection? TryReadRedirection()
    {
        var at = _at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        if (at == _at && Current == '{')
        {
            at++;
            while (at < text.Length && IsName(text[at]))
            {
                at++;
            }

            at = at < text.Length && text[at] == '}' ? at + 1 : _at;
        }

        var length = OperatorLength(at);
        if (length == 0)
        {
            return null;
        }

        var descriptor = at == _at ? "" : _memory.Words.NameOf(text.AsSpan(_at, at - _at));
        var op = _memory.Words.NameOf(text.AsSpan(at, length));
        _at = at + length;
        SkipBlanks();
        var target = ReadWord();
        if (op is not ("<<" or "<<-"))
        {
            return _memory.Words.RedirectionOf(descriptor, op, target);
        }

        var redirection = new Redirection(descriptor, op, target);
        (_pending ??= []).Add(redirection);
        if (_pending.Count > MaxPending)
        {
            GiveUp();
        }

        return redirection;
    }

    private int OperatorLength(int at)
    {
        var rest = text.AsSpan(at);
        if (rest.StartsWith("&>"))
        {
            return rest.StartsWith("&>>") ? 3 : 2;
        }

        if (rest.Length == 0 || rest[0] is not ('<' or '>') || rest.StartsWith("<(") || rest.StartsWith(">("))
        {
            return 0;
        }

        if (rest.StartsWith("<<<") || rest.StartsWith("<<-"))
        {
            return 3;
        }

        return rest.Length > 1 && rest[..2] is "<<" or "<&" or "<>" or ">>" or ">&" or ">|" ? 2 : 1;
    }

    private Assignment? TryReadAssignment()
    {
        if (!IsNameStart(Current))
        {
            return null;
        }

        var start = _at;
        var at = _at + 1;
        while (at < text.Length && IsName(text[at]))
        {
            at++;
        }

        var nameEnd = at;
        if (at < text.Length && text[at] == '[')
        {
            at = IndexEnd(at);
            if (at < 0)
            {
                return null;
            }
        }

        var indexEnd = at;

        var append = at + 1 < text.Length && text[at] == '+' && text[at + 1] == '=';
        at += append ? 1 : 0;
        if (at >= text.Length || text[at] != '=')
        {
            return null;
        }

        var index = indexEnd == nameEnd ? null : ReadIndex(text[(nameEnd + 1)..(indexEnd - 1)]);
        if (GaveUp)
        {
            return null;
        }

        _at = at + 1;
        var name = _memory.Words.NameOf(text.AsSpan(start, nameEnd - start));
        return Current == '('
            ? ReadArray(name, index, append)
            : new Assignment(name, index, append, AtEnd || (IsDelimiter(Current) && !IsProcessSubstitution()) ? Word.Empty : ReadWord(), null);
    }

    private Word ReadIndex(string index)
    {
        var lexer = new ShellLexer(index, Line, _depth, _memory);
        var word = lexer.ReadExpandable();
        _commands += lexer._commands;
        if (lexer.GaveUp)
        {
            GiveUp();
        }

        return word;
    }

    /// <summary>Position behind a subscript that begins at a bracket; -1 when it has no end nearby.</summary>
    private int IndexEnd(int at)
    {
        var window = text.AsSpan(at, Math.Min(256, text.Length - at));
        var end = window.IndexOf("]=");
        if (end < 0)
        {
            end = window.IndexOf("]+=");
        }

        return end < 0 || window[..end].Contains('\n') ? -1 : at + end + 1;
    }

    private Assignment ReadArray(string name, Word? index, bool append)
    {
        _at++;
        var elements = new List<Word>();
        List<string>? keys = null;
        while (true)
        {
            SkipBlanksAndNewlines();
            if (AtEnd || Current == ')')
            {
                _at = Math.Min(_at + 1, text.Length);
                return new Assignment(name, index, append, Word.Empty, elements, keys);
            }

            if (Current == '[' && IndexEnd(_at) is > 0 and var end)
            {
                keys ??= [.. Enumerable.Repeat("", elements.Count)];
                keys.Add(text[(_at + 1)..(end - 1)].Trim('"', '\''));
                _at = end + (Peek(end - _at) == '+' ? 2 : 1);
                elements.Add(AtEnd || IsDelimiter(Current) ? Word.Empty : ReadWord());
            }
            else if (IsDelimiter(Current) && !IsProcessSubstitution())
            {
                _at++;
            }
            else
            {
                keys?.Add("");
                elements.Add(ReadWord());
            }
        }
    }

    private void ReadHereDocuments()
    {
        if (_pending is not { Count: > 0 })
        {
            return;
        }

        foreach (var redirection in _pending)
        {
            redirection.BodyLine = Line;
            redirection.Body = ReadHereDocument(redirection);
        }

        _pending.Clear();
    }

    private Word ReadHereDocument(Redirection redirection)
    {
        var stripTabs = redirection.Operator == "<<-";
        var delimiter = Mark.Strip(redirection.Target.Text ?? "");
        var start = _at;
        var end = text.Length;
        while (_at < text.Length)
        {
            var lineStart = _at;
            var length = text.AsSpan(_at).IndexOf('\n');
            var lineEnd = length < 0 ? text.Length : _at + length;
            _at = Math.Min(lineEnd + 1, text.Length);
            var line = text.AsSpan(lineStart, lineEnd - lineStart);
            if ((stripTabs ? line.TrimStart('\t') : line).SequenceEqual(delimiter))
            {
                end = lineStart;
                break;
            }
        }

        if (!stripTabs && (redirection.Target.Quoted || text.AsSpan(start, end - start).IndexOfAny('$', '`', '\\') < 0))
        {
            return _memory.Words.QuotedOf(text.AsSpan(start, end - start));
        }

        var body = text[start..end];
        if (stripTabs)
        {
            body = string.Join('\n', body.Split('\n').Select(l => l.TrimStart('\t')));
        }

        if (redirection.Target.Quoted || body.AsSpan().IndexOfAny('$', '`', '\\') < 0)
        {
            return new Word(body, null, true);
        }

        var lexer = new ShellLexer(body, redirection.BodyLine, _depth, _memory);
        var word = lexer.ReadExpandable();
        _commands += lexer._commands;
        if (lexer.GaveUp)
        {
            GiveUp();
        }

        return word;
    }
}
