using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Simple commands: assignments, redirections, and which program a command is.</content>
internal sealed partial class ShellInterpreter
{
    private const int MaxFields = 4096;

    /// <summary>Whether the text that is just being produced was decoded: then it is marked as hidden where it comes out.</summary>
    private bool _decoded;

    private string RunSimple(SimpleNode node, Invocation around)
    {
        var outerWorlds = _worlds;
        _worlds = 0;
        var output = RunInWorld(node, around);
        var worlds = _worlds;
        if (_world == 0)
        {
            // The same command again, with what the variables may be instead.
            for (_world = 1; _world <= worlds && !_findings.IsFull; _world++)
            {
                RunInWorld(node, around);
            }

            _world = 0;
        }

        _worlds = Math.Max(outerWorlds, worlds);
        return output;
    }

    private string RunInWorld(SimpleNode node, Invocation around)
    {
        var fields = new List<string>(node.Words.Count);
        _line = node.Line;
        var outerTest = _inTest;
        _inTest |= node.Words is [{ Text: "[" or "test" or ":" }, ..];
        foreach (var word in node.Words)
        {
            Expand(word, fields);
            if (fields.Count > MaxFields)
            {
                break;
            }
        }

        foreach (var assignment in node.Assignments)
        {
            Assign(assignment);
        }

        var inner = node.Redirections.Count == 0
            ? around with { Line = node.Line, Outputs = [] }
            : WithRedirections(node, around) with { Line = node.Line };
        if (node.Words is [{ Quoted: false, Text: { } first }, ..] && _aliases.TryGetValue(first, out var alias))
        {
            fields.RemoveAt(0);
            fields.InsertRange(0, alias.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }

        var output = fields.Count == 0 ? OutputOfNothing(node, inner) : Execute(fields, inner, CommandForm.Plain);
        _inTest = outerTest;
        return Deliver(output, inner);
    }

    /// <summary><c>$(&lt; file)</c></summary>
    private static string OutputOfNothing(SimpleNode node, Invocation around) =>
        node.Redirections.Count > 0 && around.OutputMatters ? around.Input ?? "" : "";

    private Invocation WithRedirections(Node node, Invocation around)
    {
        if (node.Redirections.Count == 0)
        {
            return around.Outputs.Count == 0 ? around : around with { Outputs = [] };
        }

        var result = around with { Line = node.Line, Outputs = [] };
        List<(string, bool)>? outputs = null;
        var wired = (In: around.IsWiredToDescriptor, Out: around.IsWiredToDescriptor);
        foreach (var redirection in node.Redirections)
        {
            if (redirection.IsHereDocument)
            {
                result = result with
                {
                    Input = redirection.Body is null ? "" : ExpandToString(redirection.Body),
                    InputLine = redirection.BodyLine,
                    IsFed = true,
                };
                _rules.JudgeHereDocument(result, node);
                continue;
            }

            var target = ExpandToString(redirection.Target);
            if (redirection.Operator == "<<<")
            {
                result = result with { Input = target + "\n", InputLine = node.Line, IsFed = true };
            }
            else if (redirection.Operator is "<&" or ">&" && IsDescriptor(target))
            {
                wired = redirection.Operator == "<&" && target is not "-" and not "0" ? (true, wired.Out) : (wired.In, wired.Out || IsForeign(target));
            }
            else
            {
                var path = Paths.Normalize(target, Directory);
                _rules.JudgeRedirection(redirection, target, path, node.Line);
                if (redirection.IsInput)
                {
                    var known = _files.TryRead(path, out var text, out var line);
                    result = result with { Input = known ? text : Mark.Unknown.ToString(), InputLine = line, IsFed = known };
                }
                else if (redirection.Descriptor is "" or "1")
                {
                    (outputs ??= []).Add((path, redirection.Operator is ">>" or "&>>"));
                }
            }
        }

        return result with
        {
            Outputs = (IReadOnlyList<(string, bool)>?)outputs ?? [],
            OutputMatters = around.OutputMatters || outputs?.Exists(o => !o.Item1.StartsWith("/dev/n", StringComparison.Ordinal)) == true,
            IsPiped = around.IsPiped && outputs is null,
            IsWiredToDescriptor = wired is { In: true, Out: true },
        };
    }

    private static bool IsDescriptor(string target) => target.Length > 0 && target.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 || target == "-" || target.EndsWith('-');

    private static bool IsForeign(string target) => target is not ("-" or "0" or "1" or "2");

    /// <summary>Puts output where the redirections say; what is left goes on.</summary>
    private string Deliver(string output, Invocation inner)
    {
        if (inner.Outputs.Count == 0)
        {
            return output;
        }

        if (_decoded && !output.StartsWith(Mark.Hidden))
        {
            output = Mark.Hidden + output;
        }

        _decoded = false;
        foreach (var (path, append) in inner.Outputs)
        {
            WriteFile(path, output, inner.IsFed ? inner.InputLine : 0, append);
        }

        return "";
    }

    /// <summary>Notes what a file holds, or runs the process substitution that is behind the name.</summary>
    internal void WriteFile(string path, string text, int line, bool append)
    {
        if (_files.FindSink(path) is { } sink)
        {
            RunList(sink, new Invocation { Line = line, Input = text, IsFed = true });
        }
        else if (!path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            _files.Write(path, text, line, append);
        }
    }

    /// <summary>
    /// Finds out which program a command is, and has it judged.
    /// </summary>
    /// <param name="fields">Name and arguments.</param>
    /// <param name="around">Where it stands.</param>
    /// <param name="form">Whether functions and builtins are meant too.</param>
    /// <returns>What is known of its output.</returns>
    internal string Execute(List<string> fields, Invocation around, CommandForm form)
    {
        for (var unwrapped = 0; unwrapped < 20 && fields.Count > 0; unwrapped++)
        {
            while (fields.Count > 1 && (fields[0].Length == 0 || fields[0] is [Mark.Unknown]) && unwrapped > 0)
            {
                fields.RemoveAt(0); // nothing, or "$@": what is behind it may be the command
            }

            var path = fields[0];
            if (path.IndexOf('\n', StringComparison.Ordinal) is > 0 and var lineEnd)
            {
                fields[0] = path = path[..lineEnd]; // the first answer of $(which a || which b)
            }

            if (form == CommandForm.Plain && _functions.TryGetValue(path, out var function) && !CommandRules.IsForbidden(path))
            {
                return Call(function, fields[1..], around);
            }

            if (path.StartsWith(Mark.Hidden) || (path.Contains(Mark.Hidden) && Mark.Strip(path).AsSpan().Trim("./").Length == 0))
            {
                _findings.Add(ScriptRules.HiddenCommand, around.Line, "the name of a command is decoded or computed");
            }

            if (IsUnremarkable(fields, path))
            {
                return around.OutputMatters ? KnownText.OfUnknown(around) : Unknown;
            }

            var name = _renamed.Count > 0 && _renamed.TryGetValue(Paths.Normalize(path, Directory), out var original) ? original : Resolve(path);
            var command = new Command { Name = name, Path = path, Arguments = fields[1..], Invocation = around };
            _rules.Judge(command);
            if (name is "command" or "type" or "which" or "whereis" or "hash" && IsQuery(command))
            {
                return command.Operands.Select(o => o + "\n").LastOrDefault() ?? "";
            }

            if (Wrappers.Unwrap(command, this) is { } inner)
            {
                if (name is not ("time" or "noglob"))
                {
                    form = name is "builtin" ? CommandForm.Builtin : CommandForm.Program;
                }

                fields = inner;
                continue;
            }

            _decoded |= Decoders.Names.Contains(name) && Decoders.Decode(command, null) is not null;
            return RunBuiltin(command) ?? RunShell(command) ?? KnownText.OutputOf(command, _files, Directory);
        }

        return fields.Count == 0 ? "" : Mark.Unknown.ToString();
    }

    /// <summary>Whether no rule can have anything to say: an ordinary program with ordinary arguments, inside the job's directory.</summary>
    private bool IsUnremarkable(List<string> fields, string path)
    {
        if (_tuned || Directory[0] is not (Mark.Job or Mark.Unknown) || path.Contains(Mark.Hidden) || !Mark.IsKnown(path)
            || !HandledCommands.IsUnknown(path.AsSpan(path.LastIndexOf('/') + 1)) || ((!_files.IsEmpty || _renamed.Count > 0) && path.Contains('/', StringComparison.Ordinal)))
        {
            return false;
        }

        for (var i = 1; i < fields.Count; i++)
        {
            if (!HandledCommands.IsPlainArgument(fields[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The same for a whole line, before it is taken apart.</summary>
    private bool IsUnremarkable(ReadOnlySpan<char> line)
    {
        if (!_files.IsEmpty || _renamed.Count > 0 || _tuned || Directory[0] is not (Mark.Job or Mark.Unknown) || _aliases.Count > 0)
        {
            return false;
        }

        line = line.TrimStart(" \t");
        var end = line.IndexOfAny(' ', '\t');
        var path = end < 0 ? line : line[..end];
        return HandledCommands.IsUnknown(path[(path.LastIndexOf('/') + 1)..]) && !path.Contains('=') && !_functionNames.ContainsKey(path) && HandledCommands.IsPlainLine(line);
    }

    /// <summary>Name of the program that a word in command position stands for.</summary>
    private static string Resolve(string path)
    {
        if (Mark.IsKnown(path))
        {
            return Paths.BaseName(path);
        }

        if (Mark.HasGlob(path))
        {
            // A pattern is the program it can match, if that is one of those that matter.
            var pattern = path[(path.LastIndexOf('/') + 1)..];
            if (Mark.Strip(pattern).Length > 0 || path[0] == '/')
            {
                return CommandRules.NamesThatMatter.FirstOrDefault(n => Glob.Matches(pattern, n)) ?? Mark.Strip(pattern);
            }
        }

        return Paths.BaseName(Mark.Strip(path));
    }

    private static bool IsQuery(Command command) => command.Name switch
    {
        "command" => command.Arguments is [['-', ..] first, ..] && (first.Contains('v') || first.Contains('V')),
        "hash" => !command.HasFlag('p'),
        _ => true,
    };
}
