using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>
/// Follows a script as bash would, without running anything, and hands every command to <see cref="CommandRules"/>.
/// <para>
/// It knows constants: variables, arrays, aliases, functions and small files the script writes itself, and what a few text tools make of them.
/// Everything else is <see cref="Mark.Unknown"/>. Both branches of every condition are taken; a variable then may have several values,
/// and a command is looked at with each. Loops over constants run a few times. All of that has a budget, so that the time stays
/// proportional to the script's length; what the budget does not cover is looked at once, with what is known then.
/// </para>
/// </summary>
internal sealed partial class ShellInterpreter
{
    private const int MaxText = KnownOutput.MaxText;

    /// <summary>Shorter scripts are looked at line by line, whatever they repeat.</summary>
    private const int MinSeen = 1 << 14;

    private const int MaxTextDepth = 8;
    private const int MaxCallDepth = 4;
    private const int MaxIterations = 16;
    private const int MaxSample = 256;

    /// <summary>Functions that are kept as they were read.</summary>
    private const int MaxParsed = 1000;

    /// <summary>Commands in one another, over all texts and calls: what the stack of a pool's thread has room for, several times over.</summary>
    private const int MaxDepth = 150;

    private readonly Dictionary<string, Variable> _variables = new(StringComparer.Ordinal);
    /// <summary>By fingerprint of the name: there may be hundreds of thousands.</summary>
    private readonly Dictionary<ulong, Function> _functions = [];
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly KnownFiles _files = new();
    private readonly LexerMemory _memory = new();
    private readonly Stack<List<string>> _fieldLists = new();
    private readonly PlainCommand _isUnremarkable;
    private readonly FindingList _findings;
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _aliasNames;
    private readonly Dictionary<string, Variable>.AlternateLookup<ReadOnlySpan<char>> _variableNames;
    private readonly bool _tuned;
    private readonly CommandRules _rules;
    private StateHash _state;
    private IReadOnlyList<string>? _arguments;
    private int _conditional;

    /// <summary>Processes of their own around a command, such as subshells: what it sets is gone behind them.</summary>
    private int _detached;
    private int _textDepth;
    private int _callDepth;
    private int _depth;
    private int _repeating;
    private int _repeats = 5000;
    private long _textBudget = 1 << 20;
    private int _world;
    private int _worlds;
    private bool _ended;

    public ShellInterpreter(FindingList findings)
    {
        _aliasNames = _aliases.GetAlternateLookup<ReadOnlySpan<char>>();
        _variableNames = _variables.GetAlternateLookup<ReadOnlySpan<char>>();
        _renamedNames = _renamedBaseNames.GetAlternateLookup<ReadOnlySpan<char>>();
        _tuned = findings.Rules.HasPatterns || findings.Rules.Commands.Count > 0;
        _findings = findings;
        _isUnremarkable = IsUnremarkable;
        _rules = new CommandRules(this, findings);
    }

    /// <summary>Where the script is, normalised.</summary>
    public string Directory
    {
        get;
        private set
        {
            if (field != value)
            {
                _state.Change("\n", StateHash.Of(field), StateHash.Of(value));
                field = value;
            }
        }
    } = Mark.Job.ToString();

    public KnownFiles Files => _files;

    public WordCache Words => _memory.Words;

    /// <summary>Fingerprint of all that decides what the next line means.</summary>
    private ulong State => _state.Value ^ _files.Hash;

    /// <summary>Follows a whole script.</summary>
    public void RunScript(string script)
    {
        _textBudget += script.Length;
        _assigned = new AssignedNames(script);
        var shebang = script.StartsWith("#!", StringComparison.Ordinal) ? script[2..(script.IndexOf('\n', StringComparison.Ordinal) is var end and > 0 ? end : script.Length)] : "";
        RefuseUnset([.. shebang.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Skip(1)]);
        var lexer = new ShellLexer(script, memory: _memory);
        Run(lexer);
        if (lexer.GaveUp)
        {
            _findings.Add(ScriptRules.Complexity, lexer.Line, "this script cannot be read to its end");
        }
    }

    /// <summary>Follows text that is handed to a shell.</summary>
    /// <param name="text">The text.</param>
    /// <param name="line">Line of the script where it begins.</param>
    /// <param name="input">What its commands read.</param>
    /// <param name="arguments">Its <c>$1</c>, …; null when they are those of the text around it.</param>
    /// <param name="outputMatters">Whether somebody uses what it prints.</param>
    public string RunText(string text, int line, string? input = null, IReadOnlyList<string>? arguments = null, bool outputMatters = false)
    {
        _textBudget -= text.Length;
        if (_textDepth >= MaxTextDepth || _textBudget < 0)
        {
            _findings.Add(ScriptRules.Complexity, line, "shells in shells, or too much text for them");
            return "";
        }

        Count(WorkOfText);
        CountText(text.Length);
        _textDepth++;
        var outer = _arguments;
        _arguments = arguments ?? _arguments;
        var lexer = new ShellLexer(text, line, memory: _memory);
        var output = Run(lexer, input, outputMatters);
        _arguments = outer;
        _textDepth--;
        if (lexer.GaveUp)
        {
            _findings.Add(ScriptRules.Complexity, line, "text for a shell cannot be read to its end");
        }

        return output;
    }

    /// <summary>Runs line after line. What is printed is put together only where it matters.</summary>
    private string Run(ShellLexer lexer, string? input = null, bool outputMatters = false)
    {
        var statements = new List<Statement>();
        var output = new KnownOutput();
        var ended = _ended;
        _ended = false;
        var around = new Invocation { Line = 0, Input = input, OutputMatters = outputMatters };
        var seen = _textDepth == 0 && lexer.Text.Length > MinSeen ? new SeenLines(lexer.Text) : null;
        while (!_ended && !IsDone)
        {
            if (!outputMatters)
            {
                lexer.SkipPlain(_isUnremarkable);
            }

            _decoded = false;
            var (start, state, told) = (lexer.Position, State, _findings.Count);
            if (seen is not null && !lexer.AtEnd && seen.LengthAt(start, state) is > 0 and var length)
            {
                lexer.Position += length;
                continue;
            }

            if (!lexer.TryReadLine(statements) || lexer.GaveUp)
            {
                break; // what was read of the last line is refused as a whole
            }

            var printed = RunList(statements, around);
            if (outputMatters)
            {
                output.Append(printed);
            }

            if (seen is not null && lexer.IsBetweenLines && told == _findings.Count && state == State)
            {
                seen.Add(start, lexer.Position, state);
            }
        }

        _ended = ended;
        return outputMatters ? output.ToString() : Unknown;
    }

    /// <summary>Runs statements one after the other, and returns what is known of their output.</summary>
    private string RunList(IReadOnlyList<Statement> statements, in Invocation around)
    {
        if (statements.Count == 1)
        {
            return RunPipeline(statements[0], around);
        }

        var output = new KnownOutput();
        foreach (var statement in statements)
        {
            var printed = RunPipeline(statement, around);
            if (around.OutputMatters)
            {
                output.Append(printed);
            }

            if (_ended || _hasTooMuchWork)
            {
                break;
            }
        }

        return around.OutputMatters ? output.ToString() : Unknown;
    }

    private string RunPipeline(Statement statement, in Invocation around)
    {
        _conditional += statement.Conditional ? 1 : 0;
        var stages = statement.Stages;
        string output;
        if (stages.Length == 1)
        {
            output = RunNode(stages[0], statement.Background && !around.Background ? around with { Background = true } : around);
        }
        else
        {
            _detached++;
            var names = Array.ConvertAll(stages, NameOf);
            var directory = Directory;
            output = "";
            for (var i = 0; i < stages.Length; i++)
            {
                var last = i == stages.Length - 1;
                output = RunNode(stages[i], around with
                {
                    Background = around.Background || statement.Background,
                    Input = i == 0 ? around.Input : output,
                    IsFed = i > 0 || around.IsFed,
                    InputLine = i == 0 ? around.InputLine : 0,
                    Upstream = i == 0 ? around.Upstream : new ArraySegment<string>(names, 0, i),
                    Downstream = last ? around.Downstream : new ArraySegment<string>(names, i + 1, names.Length - i - 1),
                    IsPiped = !last || around.IsPiped,
                    OutputMatters = !last || around.OutputMatters,
                });
            }

            Directory = directory;
            _detached--;
        }

        _conditional -= statement.Conditional ? 1 : 0;
        return output;
    }

    private static string NameOf(Node node) =>
        node is SimpleNode { Words: [{ Text: { } name }, ..] } ? Paths.BaseName(name) : "";

    private string RunNode(Node node, in Invocation around)
    {
        if (_repeating > 0)
        {
            _repeats--;
        }

        if (!HasRoomFor(node.Line))
        {
            return "";
        }

        if (_depth >= MaxDepth)
        {
            _findings.Add(ScriptRules.Complexity, node.Line, "commands in commands, too deep to follow");
            return "";
        }

        _depth++;
        var output = node is SimpleNode simple ? RunSimple(simple, around) : RunCompound((CompoundNode)node, around);
        _depth--;
        CountText(output.Length);
        return output;
    }

    private string RunCompound(CompoundNode node, in Invocation around)
    {
        if (node.Kind == CompoundKind.Function)
        {
            return Define(node, around);
        }

        var inner = WithRedirections(node, around);
        switch (node.Kind)
        {
            case CompoundKind.Group:
                return Deliver(RunList(node.Body, inner), inner);
            case CompoundKind.Subshell:
                var directory = Directory;
                _detached++;
                var output = RunList(node.Body, inner);
                _detached--;
                Directory = directory;
                _ended = false;
                return Deliver(output, inner);
            case CompoundKind.If:
                return Deliver(Join(RunList(node.Condition, inner), RunBranch(node.Body, inner), inner), inner);
            case CompoundKind.While:
                return Deliver(RunWhile(node, inner), inner);
            case CompoundKind.For:
                return Deliver(RunFor(node, inner), inner);
            case CompoundKind.ArithmeticFor:
                ExpandToString(node.Words![0]);
                CheckEndlessLoop(node, node.Words[0].Text is { } text && text.Split(';') is [_, var condition, _] && condition.Trim() is "" or "1");
                return Deliver(RunBranch(node.Body, inner), inner);
            case CompoundKind.Case:
                Count(WorkOfCase);
                foreach (var word in node.Words!)
                {
                    ExpandToString(word);
                }

                return Deliver(RunBranch(node.Body, inner), inner);
            default:
                RunTest(node);
                return "";
        }
    }

    /// <summary>What may or may not run. Where the script is afterwards is unknown if that changes it.</summary>
    private string RunBranch(IReadOnlyList<Statement> body, in Invocation around)
    {
        var directory = Directory;
        _conditional++;
        var output = RunList(body, around);
        _conditional--;
        if (Directory != directory)
        {
            Directory = Mark.Unknown.ToString();
        }

        return output;
    }

    private string RunWhile(CompoundNode node, in Invocation around)
    {
        var endless = node.Condition is [{ Stages: [SimpleNode { Words: [{ Text: "true" or ":" or "false" }] }] }]
            or [{ Stages: [SimpleNode { Words: [{ Text: "[" }, { Text: "1" or "true" }, ..] }] }]
            or [{ Stages: [CompoundNode { Words: [{ Text: "1" }] }] }]
            or [{ Stages: [SimpleNode { Words: [{ Text: "sleep" }, ..] }] }];
        CheckEndlessLoop(node, endless);
        if (around.Input is { Length: > 0 and < MaxText } text && (Mark.IsKnown(text) || IsPath(text)) && Reads(node.Condition))
        {
            var each = around;
            CountText(text.Length);
            return Repeat(text.TrimEnd('\n').Split('\n'), line => RunLoopBody(node, each with { Input = line }));
        }

        return RunLoopBody(node, around);
    }

    private string RunLoopBody(CompoundNode node, in Invocation around) => Join(RunList(node.Condition, around), RunBranch(node.Body, around), around);

    private static string Join(string first, string second, in Invocation around) => around.OutputMatters ? first + second : Unknown;

    private static bool Reads(IReadOnlyList<Statement> condition) =>
        condition is [{ Stages: [SimpleNode { Words: [{ Text: "read" }, ..] }] }];

    private string RunFor(CompoundNode node, in Invocation around)
    {
        var items = Borrow();
        foreach (var word in node.Words ?? [])
        {
            Expand(word, items);
        }

        if (node.Words is null)
        {
            items.AddRange(_arguments ?? [Mark.Unknown.ToString()]);
        }

        if (items.Count == 0)
        {
            items.Add(Mark.Unknown.ToString());
        }

        var inner = around;
        var output = Repeat(items, item =>
        {
            Set(node.Name, OfProcesses(item), conditional: false);
            return RunBranch(node.Body, inner);
        });
        GiveBack(items);
        return output;
    }

    /// <summary><c>/proc/[0-9]*</c> is the numbers of all processes.</summary>
    private static string OfProcesses(string item)
    {
        const string Directory = "/proc/";
        if (!item.StartsWith(Directory, StringComparison.Ordinal) || item.Length == Directory.Length)
        {
            return item;
        }

        var end = item.IndexOf('/', Directory.Length);
        var number = end < 0 ? item[Directory.Length..] : item[Directory.Length..end];
        return Mark.HasGlob(number) ? Directory + Mark.Processes + (end < 0 ? "" : item[end..]) : item;
    }

    /// <summary>Does something with the items that are followed, and with fewer once the budget is used up.</summary>
    private string Repeat(IReadOnlyList<string> items, Func<string, string> body)
    {
        var output = new KnownOutput();
        var directory = Directory;
        var first = true;
        foreach (var item in Sample(items))
        {
            if (!first && (_repeats <= 0 || IsDone))
            {
                break;
            }

            Count(WorkOfRound);

            _repeating += first ? 0 : 1;
            Directory = directory;
            output.Append(body(item));
            _repeating -= first ? 0 : 1;
            first = false;
        }

        if (items.Count > MaxIterations)
        {
            output.Append(Unknown);
        }

        return output.ToString();
    }

    /// <summary>The first few of many items, and of the others those that are not just numbers.</summary>
    private static IEnumerable<string> Sample(IReadOnlyList<string> items)
    {
        var taken = 0;
        for (var i = 0; i < items.Count && taken < MaxSample; i++)
        {
            if (i < MaxIterations || items[i].AsSpan().ContainsAnyExceptInRange('0', '9'))
            {
                taken++;
                yield return items[i];
            }
        }
    }

    private void RunTest(CompoundNode node)
    {
        var outer = _inTest;
        _inTest = true;
        foreach (var word in node.Words!)
        {
            ExpandToString(word);
        }

        _inTest = outer;
    }

    private string Define(CompoundNode node, in Invocation around)
    {
        if (node.Name.Length == 0 || node.Body.Count == 0)
        {
            return "";
        }

        if (ForkBombs.Multiplies(node.Body, node.Name))
        {
            _findings.Add(ScriptRules.ForkBomb, node.Line, $"function '{Mark.Display(node.Name)}' starts itself again and again");
            return "";
        }

        Count(WorkOfDefinition);
        var key = StateHash.Of(node.Name);
        _state.Change(node.Name + "()", _functions.TryGetValue(key, out var before) ? before.Hash : 0, node.SourceHash);
        var takesPlace = before.TakesPlace || (_conditional == 0 && _detached == 0 && _textDepth == 0 && !around.Background);
        _functions[key] = new Function(_functions.Count < MaxParsed ? node : null, node.Source, node.SourceHash, takesPlace);
        var arguments = _arguments;
        _arguments = null;
        // The body is looked at here, so that it counts even when nobody sees the call; calls look again, with their arguments.
        RunFunctionBody(node.Body, new Invocation { Line = node.Line });
        _arguments = arguments;
        return "";
    }

    private bool IsFunction(ReadOnlySpan<char> name) => _functions.Count > 0 && _functions.ContainsKey(StateHash.Of(name));

    private string RunFunctionBody(IReadOnlyList<Statement> body, in Invocation around)
    {
        if (_callDepth >= MaxCallDepth)
        {
            return Mark.Unknown.ToString();
        }

        var directory = Directory;
        var ended = _ended;
        _callDepth++;
        _conditional++;
        var output = RunList(body, around);
        _conditional--;
        _callDepth--;
        _ended = ended;
        if (Directory != directory)
        {
            Directory = Mark.Unknown.ToString();
        }

        return output;
    }

    private string Call(Function function, IReadOnlyList<string> arguments, in Invocation around)
    {
        if (_repeats <= 0)
        {
            return Mark.Unknown.ToString();
        }

        Count(WorkOfCall);
        var outer = _arguments;
        _arguments = arguments;
        _repeating++;
        var body = function.Node?.Body ?? (ShellLexer.ReadBody(function.Source, _memory) is { } read ? [new Statement([read], false)] : []);
        var output = RunFunctionBody(body, around);
        _repeating--;
        _arguments = outer;
        return output;
    }

    private void CheckEndlessLoop(CompoundNode node, bool endless)
    {
        if ((endless && EndlessLoops.PoursWithoutEnd(node.Body)) || (EndlessLoops.MakesInCondition(node.Condition) && EndlessLoops.Of(node.Body) is not null))
        {
            _findings.Add(ScriptRules.Fill, node.Line, "a loop that goes on until the disk is full");
        }
        else if (endless && ForkBombs.SpawnsWithoutEnd(node.Body))
        {
            _findings.Add(ScriptRules.ForkBomb, node.Line, "an endless loop starts a process in the background at every turn");
        }
        else if (endless && EndlessLoops.Of(node.Body) is { } kind)
        {
            _findings.Add(
                kind == EndlessLoop.Fills ? ScriptRules.Fill : ScriptRules.Stress, node.Line,
                kind == EndlessLoop.Fills ? "an endless loop that only makes files, directories or longer variables" : "an endless loop that does nothing");
        }
    }
}
