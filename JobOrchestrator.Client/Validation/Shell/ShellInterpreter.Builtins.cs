using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Builtins that change what later commands mean.</content>
internal sealed partial class ShellInterpreter
{
    /// <summary>Directories the script makes under a name of its own, and so may remove.</summary>
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);

    /// <summary>Programs of the system that the script copied or linked, by their new path.</summary>
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);

    internal int CurrentLine => _line;

    internal void NoteRenamed(string path, string program)
    {
        if (_renamed.Count < 100)
        {
            _renamed[path] = program;
        }
    }

    internal void NoteMade(string path)
    {
        if (path.Contains(Mark.Unknown) && _made.Count < 1000)
        {
            _made.Add(path);
        }
    }

    /// <summary>Whether the path is, or is in, such a directory.</summary>
    internal bool HasMade(string path) => _made.Any(m => path.StartsWith(m, StringComparison.Ordinal) && (path.Length == m.Length || path[m.Length] == '/'));

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
                        SetFromOutside(argument[..equals].TrimEnd('+'), argument[(equals + 1)..]);
                    }
                }

                return arguments.Count == 0 || arguments is ["-p"] ? Unknown : "";
            case "read":
                Read(command);
                return "";
            case "mapfile" or "readarray":
                var lines = command.Invocation.Input is { } input && Mark.IsKnown(input) ? input.TrimEnd('\n').Split('\n').Take(MaxFields).ToList() : [Unknown];
                var array = new Variable("") { Elements = lines };
                _variables[command.Operands.LastOrDefault() ?? "MAPFILE"] = array;
                return "";
            case "getopts":
                Set(arguments.Count > 1 ? arguments[1] : "OPT", Unknown, conditional: false);
                Set("OPTARG", Unknown, conditional: false);
                return "";
            case "set":
                if (arguments is ["--", ..])
                {
                    _arguments = [.. arguments.Skip(1)];
                }

                return "";
            case "shift":
                if (_arguments is not null)
                {
                    _arguments = [.. _arguments.Skip(arguments is [var n] && int.TryParse(n, out var count) ? Math.Max(0, count) : 1)];
                }

                return "";
            case "unset":
                foreach (var name in command.Operands)
                {
                    _ = command.HasFlag('f') ? _functions.Remove(name) : _variables.Remove(name);
                }

                return "";
            case "alias":
                foreach (var definition in arguments)
                {
                    if (definition.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && _aliases.Count < 1000)
                    {
                        _aliases[definition[..equals]] = definition[(equals + 1)..];
                    }
                }

                return "";
            case "unalias":
                return "";
            case "hash" when command.ValueOf("-p") is { } target:
                _aliases[arguments[^1]] = target;
                return "";
            case "printf" when command.ValueOf("-v") is { } variable:
                Set(variable, KnownText.Printf([.. arguments.Where(a => a != "-v" && a != variable)]), conditional: false);
                return "";
            case "exit" when _conditional == 0 && command.Invocation is { Background: false, IsPiped: false, Upstream.Count: 0 } && !_functions.ContainsKey("exit"):
                // What stands behind it never runs; it may be an archive.
                _ended = true;
                return "";
            default:
                return null;
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
                    _variables[command.Arguments[i]] = new Variable("") { Elements = Fields(command.Invocation.Input) };
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

    private static List<string> Fields(string? input)
    {
        if (input is null || !Mark.IsKnown(input))
        {
            return [Unknown];
        }

        var end = input.IndexOf('\n', StringComparison.Ordinal);
        return [.. (end < 0 ? input : input[..end]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(MaxFields)];
    }

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

        return null;
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

        return RunTextOf(text, line == 0 ? command.Line : line, command.Invocation with { Input = null }, mayBeUnknown: !command.Invocation.IsFed);
    }

    /// <summary>Runs text that a shell is given, or says why it cannot be judged.</summary>
    internal string RunTextOf(string text, int line, Invocation around, bool mayBeUnknown, IReadOnlyList<string>? arguments = null)
    {
        var known = Mark.Strip(text).AsSpan().Trim();
        if (text.StartsWith(Mark.Hidden) || (known.Length == 0 && text.Contains(Mark.Hidden)))
        {
            _findings.Add(ScriptRules.Decoded, around.Line, "a shell runs text that was decoded or computed");
        }

        if (known.Length == 0)
        {
            if (!mayBeUnknown && !text.Contains(Mark.Hidden) && text.Contains(Mark.Unknown))
            {
                _findings.Add(ScriptRules.UnknownText, around.Line, "a shell runs text that is known only at run time");
            }

            return Unknown;
        }

        return RunText(text, line, around.Input, arguments);
    }
}
