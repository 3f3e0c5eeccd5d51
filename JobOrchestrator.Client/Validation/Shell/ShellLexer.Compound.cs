namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Compound commands.</content>
internal sealed partial class ShellLexer
{
    /// <summary>An expression longer than this is taken for commands in parentheses: looking further for its end would not be linear.</summary>
    private const int MaxArithmetic = 1 << 14;

    /// <summary>A function longer than this is another one wherever it stands, even if it says the same.</summary>
    private const int MaxHashed = 1 << 12;

    private Node? ReadCompound()
    {
        var line = Line;
        var keyword = PeekKeyword().ToString();
        _at += keyword.Length;
        switch (keyword)
        {
            case "if":
                return ReadIf(line);
            case "while" or "until":
                var condition = ReadList();
                return new CompoundNode(line, CompoundKind.While) { Condition = condition, Body = ReadDo() };
            case "for" or "select":
                return ReadFor(line);
            case "case":
                return ReadCase(line);
            case "function":
                SkipBlanks();
                var name = ReadWord();
                SkipBlanks();
                if (Current == '(')
                {
                    SkipParentheses();
                }

                return ReadFunction(line, name.Text ?? "");
            case "{":
                var body = ReadList();
                TakeKeyword("}");
                return new CompoundNode(line, CompoundKind.Group) { Body = body };
            case "[[":
                return ReadTest(line);
            default: // coproc: a command, in the background
                SkipBlanks();
                SkipCoprocessName();
                return ReadCommand();
        }
    }

    /// <summary>A coprocess has a name only before a compound command.</summary>
    private void SkipCoprocessName()
    {
        var before = _at;
        while (!AtEnd && IsName(Current))
        {
            _at++;
        }

        SkipBlanks();
        if (_at == before || (Current != '(' && !IsOpener(PeekKeyword())))
        {
            _at = before;
        }
    }

    /// <summary>Conditions and branches, in the order in which they stand.</summary>
    private CompoundNode ReadIf(int line)
    {
        var condition = ReadList();
        var body = new List<Statement>();
        while (!AtEnd)
        {
            if (TakeKeyword("fi"))
            {
                break;
            }

            if (!TakeKeyword("then") && !TakeKeyword("else") && !TakeKeyword("elif"))
            {
                break; // no good shell; whoever called decides
            }

            ReadList(body);
        }

        return new CompoundNode(line, CompoundKind.If) { Condition = condition, Body = body };
    }

    private Statement[] ReadDo()
    {
        SkipBlanksAndNewlines();
        if (Current == ';' && Peek() != ';')
        {
            _at++;
            SkipBlanksAndNewlines();
        }

        var closer = "done";
        if (!TakeKeyword("do"))
        {
            if (!TakeKeyword("{"))
            {
                return [];
            }

            closer = "}";
        }

        var body = ReadList();
        TakeKeyword(closer);
        return body;
    }

    private CompoundNode ReadFor(int line)
    {
        SkipBlanks();
        if (Current == '(' && Peek() == '(' && TryReadArithmetic() is { } expression)
        {
            return new CompoundNode(line, CompoundKind.ArithmeticFor) { Words = [expression], Body = ReadDo() };
        }

        var name = ReadWord();
        List<Word>? words = null;
        SkipBlanksAndNewlines();
        if (TakeKeyword("in"))
        {
            words = [];
            SkipBlanks();
            while (!AtEnd && !IsDelimiter(Current))
            {
                words.Add(ReadWord());
                SkipBlanks();
            }
        }

        return new CompoundNode(line, CompoundKind.For) { Name = name.Text ?? "", Words = words, Body = ReadDo() };
    }

    private CompoundNode ReadCase(int line)
    {
        SkipBlanks();
        var words = new List<Word> { ReadWord() };
        var body = new List<Statement>();
        SkipBlanksAndNewlines();
        TakeKeyword("in");
        while (true)
        {
            SkipBlanksAndNewlines();
            if (AtEnd || TakeKeyword("esac"))
            {
                break;
            }

            if (Current == ')')
            {
                break; // the end of a substitution around a case that is cut short
            }

            ReadPatterns(words);
            ReadList(body);
            while (Current is ';' or '&' && !AtEnd)
            {
                _at++;
            }
        }

        return new CompoundNode(line, CompoundKind.Case) { Words = words, Body = body };
    }

    private void ReadPatterns(List<Word> words)
    {
        if (Current == '(')
        {
            _at++;
        }

        while (!AtEnd && Current != ')')
        {
            var before = _at;
            SkipBlanks();
            if (Current == '|')
            {
                _at++;
                continue;
            }

            words.Add(ReadWord());
            SkipBlanks();
            if (_at == before)
            {
                _at++;
            }
        }

        _at = Math.Min(_at + 1, text.Length);
    }

    private CompoundNode ReadFunction(int line, string name)
    {
        SkipBlanksAndNewlines();
        var start = _at;
        var source = new FunctionSource(text, start, Line);
        var body = ReadCommand();
        return new CompoundNode(line, CompoundKind.Function)
        {
            Name = name,
            Source = source,
            SourceHash = _at - start < MaxHashed ? StateHash.Of(text.AsSpan(start, _at - start)) : StateHash.Of($"{line} {start} {_at}"),
            Body = body is null ? [] : [new Statement([body], false)],
        };
    }

    /// <summary>Reads the body of a function again.</summary>
    public static Node? ReadBody(FunctionSource source, LexerMemory memory) =>
        new ShellLexer(source.Text, source.Line, 0, memory) { _at = source.Start, _countedTo = source.Start }.ReadCommand();

    private CompoundNode ReadTest(int line)
    {
        var words = new List<Word>();
        while (!AtEnd)
        {
            SkipBlanksAndNewlines();
            if (Current == ']' && Peek() == ']' && (_at + 2 >= text.Length || IsDelimiter(text[_at + 2])))
            {
                _at += 2;
                break;
            }

            if (IsDelimiter(Current) && !IsProcessSubstitution())
            {
                _at = Math.Min(_at + 1, text.Length);
            }
            else
            {
                words.Add(ReadWord());
            }
        }

        return new CompoundNode(line, CompoundKind.Test) { Words = words };
    }

    /// <summary><c>(( … ))</c>, or a subshell.</summary>
    private CompoundNode ReadParenthesis()
    {
        var line = Line;
        if (Peek() == '(' && TryReadArithmetic() is { } expression)
        {
            return new CompoundNode(line, CompoundKind.Arithmetic) { Words = [expression] };
        }

        _at++;
        var body = ReadList();
        TakeParenthesis();
        return new CompoundNode(line, CompoundKind.Subshell) { Body = body };
    }

    private void TakeParenthesis()
    {
        while (!AtEnd && Current != ')')
        {
            // A keyword or a separator that does not belong here.
            if (!SkipKeyword())
            {
                _at++;
            }

            ReadList();
        }

        _at = Math.Min(_at + 1, text.Length);
    }

    /// <summary>Reads <c>((…))</c> from here, if it is arithmetic; else stays here.</summary>
    private Word? TryReadArithmetic()
    {
        var end = FindArithmeticEnd();
        if (end < 0)
        {
            return null;
        }

        var expression = text[(_at + 2)..end];
        var inner = new ShellLexer(expression, Line, _depth, _memory);
        var word = inner.ReadExpandable();
        _commands += inner._commands;
        _at = end + 2;
        if (inner.GaveUp)
        {
            GiveUp();
        }

        return word;
    }

    private int FindArithmeticEnd()
    {
        var open = 0;
        var limit = Math.Min(text.Length - 1, _at + MaxArithmetic);
        for (var i = _at + 2; i < limit; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '(':
                    open++;
                    break;
                case ')' when open > 0:
                    open--;
                    break;
                case ')':
                    return text[i + 1] == ')' ? i : -1;
                case '\'' or '"' when text.AsSpan(i + 1, limit - i - 1).IndexOf(text[i]) is var length and >= 0:
                    i += length + 1;
                    break;
            }
        }

        return -1;
    }

    private void SkipParentheses()
    {
        var at = _at + 1;
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        if (at < text.Length && text[at] == ')')
        {
            _at = at + 1;
        }
    }
}
