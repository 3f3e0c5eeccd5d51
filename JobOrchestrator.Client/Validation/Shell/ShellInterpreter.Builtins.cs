using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Builtins that change what later commands mean.</content>
internal sealed partial class ShellInterpreter
{
    /// <summary>Directories the script makes under a name of its own, and so may remove.</summary>
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);

    /// <summary>Programs of the system that the script copied or linked, by their new path.</summary>
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _renamedBaseNames = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _renamedNames;

    /// <summary>Variables that are other names of variables.</summary>
    private readonly Dictionary<string, string> _references = new(StringComparer.Ordinal);

    private const int MaxNotes = 100_000;

    internal int CurrentLine => _line;

    internal void NoteRenamed(string path, string program)
    {
        if (_renamed.Count < MaxNotes)
        {
            _state.Change(path + "\n=", _renamed.TryGetValue(path, out var before) ? StateHash.Of(before) : 0, StateHash.Of(program));
            _renamed[path] = program;
            _renamedBaseNames.Add(Paths.BaseName(path));
        }
    }

    internal void NoteMade(string path)
    {
        if (path.Contains(Mark.Unknown) && _made.Count < MaxNotes && _made.Add(path))
        {
            _state.Change(path + "\nd", 0, 1);
        }
    }

    /// <summary>Whether the path is, or is in, such a directory.</summary>
    internal bool HasMade(string path)
    {
        for (var end = path.Length; end > 0 && _made.Count > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (_made.Contains(path[..end]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A variable set by other means than an assignment.</summary>
    internal void SetFromOutside(string name, string value)
    {
        _rules.JudgeAssignment(name, value);
        Set(name, value, conditional: false);
    }

    /// <summary>Runs it if it is a builtin that matters here; null for everything else.</summary>
    private string? RunBuiltin(Command command)
    {
        var arguments = command.Arguments;
        switch (command.Name)
        {
            case "cd" or "pushd" or "chdir":
                ChangeDirectory(command.Operands.FirstOrDefault());
                return "";
            case "popd":
                Directory = Unknown;
                return "";
            case "eval":
                return RunTextOf(string.Join(' ', arguments), command.Line, command.Invocation, mayBeUnknown: false);
            case "source" or ".":
                return Source(command);
            case "trap":
                if (command.Operands.FirstOrDefault() is { Length: > 0 } handler && arguments.Count > 1 && handler != "-")
                {
                    RunTextOf(handler, command.Line, command.Invocation, mayBeUnknown: true);
                }

                return "";
            case "export" or "declare" or "typeset" or "local" or "readonly":
                foreach (var argument in arguments)
                {
                    if (argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                    {
                        Count(WorkOfDeclaration);
                        SetFromOutside(argument[..equals].TrimEnd('+'), argument[(equals + 1)..]);
                    }
                }

                return arguments.Count == 0 || arguments is ["-p"] ? Unknown : "";
            case "read":
                Read(command);
                return "";
            case "mapfile" or "readarray":
                var lines = command.Invocation.Input is { } input && Mark.IsKnown(input) ? input.TrimEnd('\n').Split('\n').Take(MaxFields).ToList() : [Unknown];
                SetArray(command.Operands.LastOrDefault() ?? "MAPFILE", lines);
                return "";
            case "getopts":
                Set(arguments.Count > 1 ? arguments[1] : "OPT", Unknown, conditional: false);
                Set("OPTARG", Unknown, conditional: false);
                return "";
            case "set":
                if (arguments is ["--", ..])
                {
                    SetArguments([.. arguments.Skip(1)]);
                }

                RefuseUnset(arguments);
                return "";
            case "shift":
                if (_arguments is not null)
                {
                    SetArguments([.. _arguments.Skip(arguments is [var n] && int.TryParse(n, out var count) ? Math.Max(0, count) : 1)]);
                }

                return "";
            case "unset":
                foreach (var name in command.Operands)
                {
                    Unset(name, isFunction: command.HasFlag('f'));
                }

                return "";
            case "alias":
                foreach (var definition in arguments)
                {
                    if (definition.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && _aliases.Count < MaxNotes)
                    {
                        SetAlias(definition[..equals], definition[(equals + 1)..]);
                    }
                }

                return "";
            case "unalias":
                return "";
            case "hash" when command.ValueOf("-p") is { } target:
                SetAlias(arguments[^1], target);
                return "";
            case "printf" when command.ValueOf("-v") is { } variable:
                Set(variable, KnownText.Printf([.. arguments.Where(a => a != "-v" && a != variable)]), conditional: false);
                return "";
            case "exit" when _conditional == 0 && command.Invocation is { Background: false, IsPiped: false, Upstream.Count: 0 } && !IsFunction("exit"):
                // What stands behind it never runs; it may be an archive.
                _ended = true;
                return "";
            default:
                return null;
        }
    }

    private void SetArguments(List<string> arguments)
    {
        _state.Change("@", StateHash.Of(_arguments), StateHash.Of(arguments) + 1);
        _arguments = arguments;
    }

    private void SetAlias(string name, string text)
    {
        _state.Change(name + "\na", _aliases.TryGetValue(name, out var before) ? StateHash.Of(before) : 0, StateHash.Of(text));
        _aliases[name] = text;
    }

    /// <summary><c>declare -n name=target</c>: who says one means the other.</summary>
    private void SetReference(string name, string target)
    {
        if (_references.Count < MaxNotes && name != target)
        {
            _state.Change(name + "\n&", _references.TryGetValue(name, out var before) ? StateHash.Of(before) : 0, StateHash.Of(target));
            _references[name] = target;
        }
    }

    /// <summary>The variable that is meant by a name.</summary>
    private string Meant(string name) => _references.Count > 0 && _references.TryGetValue(name, out var target) ? target : name;

    private void Unset(string name, bool isFunction)
    {
        if (isFunction && _functions.Remove(StateHash.Of(name), out var function))
        {
            _state.Change(name + "()", function.Hash, 0);
        }
        else if (!isFunction && _variables.Remove(name, out var variable))
        {
            _state.Change(name, variable.Hash, 0);
        }
    }

    private void ChangeDirectory(string? target) =>
        Directory = Paths.Normalize(target switch { null => Mark.Home.ToString(), "-" => Unknown, _ => target }, Directory);

    private void Read(Command command)
    {
        var names = new List<string>();
        for (var i = 0; i < command.Arguments.Count; i++)
        {
            var argument = command.Arguments[i];
            if (argument is ['-', _])
            {
                i += "adinNptu".Contains(argument[1]) ? 1 : 0;
                if (argument == "-a" && i < command.Arguments.Count)
                {
                    SetArray(command.Arguments[i], Fields(command.Invocation.Input));
                }
            }
            else if (argument.Length > 0 && argument[0] != '-')
            {
                names.Add(argument);
            }
        }

        var fields = Fields(command.Invocation.Input);
        for (var i = 0; i < names.Count; i++)
        {
            var value = i >= fields.Count ? fields is [[Mark.Unknown]] ? Unknown : "" : i == names.Count - 1 ? string.Join(' ', fields.Skip(i)) : fields[i];
            Set(names[i], value, conditional: false);
        }

        if (names.Count == 0)
        {
            Set("REPLY", string.Join(' ', fields), conditional: false);
        }
    }

    private List<string> Fields(string? input)
    {
        if (input is null)
        {
            return [Unknown];
        }

        var end = input.IndexOf('\n', StringComparison.Ordinal);
        if (!Mark.IsKnown(input))
        {
            // Of paths below a known directory that much is known.
            return IsPath(input) ? [end < 0 ? input : input[..end]] : [Unknown];
        }

        return [.. (end < 0 ? input : input[..end]).Split(Separators.ToCharArray(), StringSplitOptions.RemoveEmptyEntries).Take(MaxFields)];
    }

    /// <summary>Whether lines are paths of which only the end is unknown, as those that <c>find</c> prints.</summary>
    private static bool IsPath(string lines) => lines is ['/' or Mark.Home, ..] && !lines.AsSpan().ContainsAny(' ', Mark.Hidden, Mark.Processes);

    private string Source(Command command)
    {
        if (command.Operands.FirstOrDefault() is not { } file)
        {
            return "";
        }

        return RunFile(file, command, [.. command.Operands.Skip(1)]) ?? "";
    }

    /// <summary>Runs a file that the script wrote itself, or standard input under one of its names; null when nothing is known of it.</summary>
    private string? RunFile(string file, Command command, IReadOnlyList<string> arguments)
    {
        if (file is "-" or "/dev/stdin" or "/proc/self/fd/0" or "/dev/fd/0")
        {
            return RunInput(command);
        }

        if (_files.TryRead(Paths.Normalize(file, Directory), out var text, out var line))
        {
            return RunTextOf(text, line == 0 ? command.Line : line, command.Invocation with { Input = null }, mayBeUnknown: false, arguments);
        }

        CheckFilesAreKnown(command);
        return null;
    }

    /// <summary>Says so when a file may be one that the script has written, but not which text it holds.</summary>
    private void CheckFilesAreKnown(Command command)
    {
        if (_files.IsIncomplete)
        {
            _findings.Add(ScriptRules.Complexity, command.Line, $"'{Mark.Display(command.Path)}' may run one of the files the script writes, and these are too many to be followed");
        }
    }

    /// <summary>Runs what a shell reads from its standard input.</summary>
    private string RunInput(Command command)
    {
        if (command.Invocation.Input is not { } text)
        {
            return "";
        }

        var line = command.Invocation.InputLine;
        if (command.Invocation.Upstream.Any(u => u == "rev" || Decoders.Names.Contains(u)) && !text.StartsWith(Mark.Hidden))
        {
            text = Mark.Hidden + text;
        }

        // "cat commands.txt | bash" says what it does; it stays a warning.
        text = text.Replace(Mark.OfFile, Unknown, StringComparison.Ordinal);
        return RunTextOf(text, line == 0 ? command.Line : line, command.Invocation with { Input = null }, mayBeUnknown: !command.Invocation.IsFed);
    }

    /// <summary>Runs text that a shell is given, or says why it cannot be judged.</summary>
    internal string RunTextOf(string text, int line, in Invocation around, bool mayBeUnknown, IReadOnlyList<string>? arguments = null)
    {
        CountText(text.Length);
        if (text.Contains(Mark.Omitted))
        {
            _findings.Add(ScriptRules.Complexity, around.Line, "a shell runs text that is too long to be followed");
        }

        var known = Mark.Strip(text).AsSpan().Trim();
        if (text.StartsWith(Mark.Hidden) || (known.Length == 0 && text.Contains(Mark.Hidden)))
        {
            _findings.Add(ScriptRules.Decoded, around.Line, "a shell runs text that was decoded or computed");
        }

        if (known.Length == 0)
        {
            if (!mayBeUnknown && text.Contains(Mark.File))
            {
                _findings.Add(ScriptRules.HiddenCommand, around.Line, "a shell runs what a file holds as if it stood here");
            }
            else if (!mayBeUnknown && !text.Contains(Mark.Hidden) && text.Contains(Mark.Unknown))
            {
                _findings.Add(ScriptRules.UnknownText, around.Line, "a shell runs text that is known only at run time");
            }

            return Unknown;
        }

        return RunText(text, line, around.Input, arguments, around.OutputMatters);
    }
}
