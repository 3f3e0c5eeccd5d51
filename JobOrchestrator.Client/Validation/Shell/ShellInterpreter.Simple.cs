using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Simple commands: assignments, redirections, and which program a command is.</content>
internal sealed partial class ShellInterpreter
{
    /// <summary>Elements of an array that are followed.</summary>
    private const int MaxFields = 4096;

    /// <summary>Arguments that are looked at one by one. The kernel takes fewer.</summary>
    private const int MaxArguments = 100_000;

    /// <summary>Arguments that count as work where a command stands by itself: it was read once, whatever it is given.</summary>
    private const int MaxCounted = 1000;

    /// <summary>Commands around a command that run it, directly or by a function or a text.</summary>
    private const int MaxInside = 40;

    private const int MaxAliases = 10;

    /// <summary>Whether the text that is just being produced was decoded: then it is marked as hidden where it comes out.</summary>
    private bool _decoded;

    /// <summary>How many commands there are from the outermost one to the one that is being looked at.</summary>
    private int _inside;

    private string RunSimple(SimpleNode node, in Invocation around)
    {
        var outerWorlds = _worlds;
        _worlds = 0;
        var output = RunInWorld(node, around);
        var worlds = _worlds;
        if (_world == 0)
        {
            // The same command again, with what the variables may be instead.
            for (_world = 1; _world <= worlds && !IsDone; _world++)
            {
                Count(WorkOfValue);
                RunInWorld(node, around);
            }

            _world = 0;
        }

        _worlds = Math.Max(outerWorlds, worlds);
        return output;
    }

    private string RunInWorld(SimpleNode node, in Invocation around)
    {
        var fields = Borrow();
        fields.EnsureCapacity(node.Words.Length);
        _line = node.Line;
        var outerTest = _inTest;
        _inTest |= node.Words is [{ Text: "[" or "test" or ":" }, ..];
        foreach (var word in node.Words)
        {
            Expand(word, fields);
        }

        var before = node.Assignments.Length == 0 || node.Words.Length == 0 || node.Words[0].Text is { } command && ShellLexer.IsDeclaration(command) ? [] : Array.ConvertAll(node.Assignments, Remember);
        var kind = node.Assignments.Length > 0 && fields is ["declare" or "typeset" or "local", ['-', .., var letter], ..] ? letter : ' ';
        foreach (var assignment in node.Assignments)
        {
            Count(node.Words.Length == 0 ? 0 : WorkOfDeclaration);
            if (kind == 'n')
            {
                SetReference(assignment.Name, ExpandToString(assignment.Value));
                continue;
            }

            Assign(assignment);
            if (kind is 'l' or 'u' && assignment.Elements is null)
            {
                var text = PlainValueOf(assignment.Name, null);
                Set(assignment.Name, kind == 'l' ? text.ToLowerInvariant() : text.ToUpperInvariant(), conditional: false);
            }
        }

        if (_aliases.Count > 0 && node.Words is [{ Quoted: false, Text: not null }, ..])
        {
            ExpandAliases(fields);
        }

        string output;
        if (node.Redirections.Length == 0)
        {
            // Most commands are of this kind, so nothing is made for them.
            output = fields.Count == 0 ? "" : IsUnremarkable(fields, fields[0]) ? OutputOfUnremarkable(around)
                : Execute(fields, around with { Line = node.Line, Outputs = [] }, CommandForm.Plain);
        }
        else
        {
            var inner = WithRedirections(node, around);
            output = Deliver(fields.Count == 0 ? OutputOfNothing(node, inner) : Execute(fields, inner, CommandForm.Plain), inner);
        }

        foreach (var (name, variable) in before)
        {
            Restore(name, variable);
        }

        _inTest = outerTest;
        GiveBack(fields);
        return output;
    }

    private List<string> Borrow() => _fieldLists.TryPop(out var free) ? free : [];

    private void GiveBack(List<string> fields)
    {
        if (fields.Capacity <= MaxFields)
        {
            fields.Clear();
            _fieldLists.Push(fields);
        }
    }

    /// <summary>What a variable is before an assignment that holds for one command only (<c>IFS=, read a b</c>).</summary>
    private (string Name, Variable? Before) Remember(Assignment assignment) =>
        (assignment.Name, _variables.TryGetValue(assignment.Name, out var variable) ? variable.Copy() : null);

    private void Restore(string name, Variable? before)
    {
        var now = _variables.TryGetValue(name, out var variable) ? variable.Hash : 0;
        _state.Change(name, now, before?.Hash ?? 0);
        if (before is null)
        {
            _variables.Remove(name);
        }
        else
        {
            _variables[name] = before;
        }
    }

    /// <summary>An alias may begin with another one, but not with itself.</summary>
    private void ExpandAliases(List<string> fields)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (fields.Count > 0 && seen.Count < MaxAliases && seen.Add(fields[0]) && _aliases.TryGetValue(fields[0], out var alias))
        {
            Count(1);
            CountText(alias.Length);
            fields.RemoveAt(0);
            fields.InsertRange(0, TextTools.SplitQuoted(alias));
        }
    }

    private static string OutputOfUnremarkable(in Invocation around) => around.OutputMatters ? KnownText.OfUnknown(around) : Unknown;

    /// <summary>Output of a command of which nothing else is to be said.</summary>
    private string OutputOfQuiet(List<string> fields, in Invocation around)
    {
        if (!around.OutputMatters)
        {
            return Unknown;
        }

        return HandledCommands.PrintsUnknown(fields[0], around)
            ? KnownText.OfUnknown(around)
            : KnownText.OutputOf(new Command { Name = fields[0], Path = fields[0], Arguments = fields[1..], Invocation = around }, _files, Directory);
    }

    /// <summary><c>$(&lt; file)</c></summary>
    private static string OutputOfNothing(SimpleNode node, in Invocation around) =>
        node.Redirections.Length > 0 && around.OutputMatters ? around.Input == Unknown ? Mark.OfFile : around.Input ?? "" : "";

    private Invocation WithRedirections(Node node, in Invocation around)
    {
        if (node.Redirections.Length == 0)
        {
            return around.Outputs.Length == 0 ? around : around with { Outputs = [] };
        }

        var (input, inputLine, isFed) = (around.Input, around.InputLine, around.IsFed);
        var (wiredIn, wiredOut) = (around.IsWiredToDescriptor, around.IsWiredToDescriptor);
        (string Path, bool)[]? outputs = null;
        foreach (var redirection in node.Redirections)
        {
            if (redirection.IsHereDocument)
            {
                (input, inputLine, isFed) = (redirection.Body is null ? "" : ExpandToString(redirection.Body), redirection.BodyLine, true);
                Count(WorkOfHereDocument);
                _rules.JudgeHereDocument(input, node);
                continue;
            }

            var target = ExpandToString(redirection.Target);
            if (redirection.Operator == "<<<")
            {
                (input, inputLine, isFed) = (target + "\n", node.Line, true);
            }
            else if (redirection.Operator is "<&" or ">&" && IsDescriptor(target))
            {
                if (redirection.Operator == "<&" && target is not "-" and not "0")
                {
                    wiredIn = true;
                }
                else
                {
                    wiredOut |= IsForeign(target);
                }
            }
            else
            {
                var path = Paths.Normalize(target, Directory);
                _rules.JudgeRedirection(redirection, target, path, node.Line);
                if (redirection.IsInput)
                {
                    isFed = _files.TryRead(path, out var text, out inputLine);
                    input = isFed ? text : Unknown;
                    CountText(input.Length);
                }
                else if (redirection.Descriptor is "" or "1")
                {
                    outputs = [.. outputs ?? [], (path, redirection.Operator is ">>" or "&>>")];
                }
            }
        }

        return around with
        {
            Line = node.Line,
            Input = input,
            InputLine = inputLine,
            IsFed = isFed,
            Outputs = outputs ?? [],
            OutputMatters = around.OutputMatters || (outputs is not null && Array.Exists(outputs, static o => !o.Path.StartsWith("/dev/n", StringComparison.Ordinal))),
            IsPiped = around.IsPiped && outputs is null,
            IsWiredToDescriptor = wiredIn && wiredOut,
        };
    }

    private static bool IsDescriptor(string target) => target.Length > 0 && target.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 || target == "-" || target.EndsWith('-');

    private static bool IsForeign(string target) => target is not ("-" or "0" or "1" or "2");

    /// <summary>Puts output where the redirections say; what is left goes on.</summary>
    private string Deliver(string output, in Invocation inner)
    {
        if (inner.Outputs.Length == 0)
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
            Count(output is [Mark.Unknown] ? WorkOfFile : WorkOfKnownFile);
            CountText(2L * output.Length);
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
    internal string Execute(List<string> fields, in Invocation around, CommandForm form)
    {
        var outside = _inside;
        var output = ExecuteInside(fields, around, form);
        _inside = outside;
        return output;
    }

    private string ExecuteInside(List<string> fields, in Invocation around, CommandForm form)
    {
        for (var isWrapped = false; fields.Count > 0; isWrapped = true)
        {
            if (++_inside > MaxInside)
            {
                _findings.Add(ScriptRules.Complexity, around.Line, $"a command inside of more than {MaxInside} others");
                return Unknown;
            }

            if (_inside > 1 && !HasRoomFor(around.Line))
            {
                return Unknown;
            }

            while (fields.Count > 1 && (fields[0].Length == 0 || fields[0] is [Mark.Unknown]) && isWrapped)
            {
                fields.RemoveAt(0); // nothing, or "$@": what is behind it may be the command
            }

            var path = fields[0];
            if (path.IndexOf('\n', StringComparison.Ordinal) is > 0 and var lineEnd)
            {
                fields[0] = path = path[..lineEnd]; // the first answer of $(which a || which b)
            }

            if (form == CommandForm.Plain && _functions.Count > 0 && _functions.TryGetValue(StateHash.Of(path), out var function) && ((function.TakesPlace && _textDepth == 0) || !CommandRules.IsForbidden(path)))
            {
                return Call(function, fields[1..], around);
            }

            if (IsUnremarkable(fields, path))
            {
                return OutputOfUnremarkable(around);
            }

            if (form == CommandForm.Plain && HandledCommands.IsQuiet(path) && !_tuned && Directory[0] is Mark.Job or Mark.Unknown && _renamed.Count == 0 && HandledCommands.AreQuietArguments(path, fields))
            {
                Count(fields.Count / 4);
                return OutputOfQuiet(fields, around);
            }

            if (path.Contains(Mark.Omitted) || fields.Count > MaxArguments)
            {
                _findings.Add(ScriptRules.Complexity, around.Line, "a command with more words, or a longer name, than can be followed");
                return Unknown;
            }

            if (path.StartsWith(Mark.Hidden) || (path.Contains(Mark.Hidden) && Mark.Strip(path).AsSpan().Trim("./").Length == 0))
            {
                _findings.Add(ScriptRules.HiddenCommand, around.Line, "the name of a command is decoded or computed");
            }

            var name = _renamed.Count > 0 && _renamed.TryGetValue(Paths.Normalize(path, Directory), out var original) ? original : Resolve(path);
            var command = new Command { Name = name, Path = path, Arguments = fields[1..], Invocation = around };
            Count(WorkOfJudgement + (!CommandRules.JudgesArguments(name) ? 0 : _inside > 1 ? fields.Count : Math.Min(fields.Count, MaxCounted) / 2));
            _rules.Judge(command);
            if (name is "command" or "type" or "which" or "whereis" or "hash" && IsQuery(command))
            {
                return command.Operands.Select(o => o + "\n").LastOrDefault() ?? "";
            }

            if (Wrappers.Unwrap(command, this) is { } inner)
            {
                Count(WorkOfWrapper);
                if (name is not ("time" or "noglob"))
                {
                    form = name is "builtin" ? CommandForm.Builtin : CommandForm.Program;
                }

                fields = inner;
                continue;
            }

            if (Decoders.Names.Contains(name) && Decoders.Decode(command, null) is not null)
            {
                _decoded = true;
                if (Decoders.FileOf(command) is { } file && Decoders.Decode(command, around.Input) is { } decoded)
                {
                    WriteFile(Paths.Normalize(file, Directory), decoded.StartsWith(Mark.Hidden) ? decoded : Mark.Hidden + decoded, around.Line, append: false);
                }
            }

            if (KnownText.IsDecompressor(command))
            {
                Decompress(command);
            }

            return RunBuiltin(command) ?? RunShell(command) ?? KnownText.OutputOf(command, _files, Directory);
        }

        return "";
    }

    /// <summary>Whether no rule can have anything to say: an ordinary program with ordinary arguments, inside the job's directory.</summary>
    private bool IsUnremarkable(List<string> fields, string path)
    {
        if (_tuned || Directory[0] is not (Mark.Job or Mark.Unknown) || !Mark.IsKnown(path) || !IsUnknownProgram(path))
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

    /// <summary>The same for a command that is not yet taken apart. An assignment is made right away.</summary>
    private bool IsUnremarkable(ReadOnlySpan<char> command)
    {
        if (_tuned || Directory[0] is not (Mark.Job or Mark.Unknown))
        {
            return false;
        }

        command = command.Trim(" ");
        var end = command.IndexOf(' ');
        var path = end < 0 ? command : command[..end];
        if (path.IndexOf('=') is >= 0 and var equals)
        {
            return end < 0 && _conditional == 0 && TryAssign(path[..equals], path[(equals + 1)..]);
        }

        return (IsUnknownProgram(path) || IsQuietLine(path, command)) && HandledCommands.IsPlainLine(command);
    }

    /// <summary>
    /// Whether a line is one of a command that is known, but not objected to where the script is: one that only prints, or that makes or removes files
    /// in the job's own directory. Its name stands for itself: no function, no alias, and nothing has been renamed.
    /// </summary>
    private bool IsQuietLine(ReadOnlySpan<char> path, ReadOnlySpan<char> line) =>
        _renamed.Count == 0 && HandledCommands.IsQuietLine(path, line, isAtHome: Directory is [Mark.Job])
        && !IsFunction(path) && !(_aliases.Count > 0 && _aliasNames.ContainsKey(path));

    /// <summary>Whether the name is that of a program nobody knows: no function, no alias, nothing the script has written or renamed.</summary>
    private bool IsUnknownProgram(ReadOnlySpan<char> path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return HandledCommands.IsUnknown(name) && !IsFunction(path) && !(_aliases.Count > 0 && _aliasNames.ContainsKey(path))
            && !(name.Length < path.Length && (_files.MayHold(name) || (_renamed.Count > 0 && _renamedNames.Contains(name))));
    }

    /// <summary>Does what <c>name=value</c> does, for text without anything special in it.</summary>
    private bool TryAssign(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (name.Length == 0 || !ShellLexer.IsNameStart(name[0]) || CommandRules.JudgesAssignment(name))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!ShellLexer.IsName(c))
            {
                return false;
            }
        }

        if (_variableNames.TryGetValue(name, out var variable))
        {
            if (!variable.Value.AsSpan().SequenceEqual(value) || variable.Others.Count > 0 || variable.Elements is not null)
            {
                Set(name.ToString(), value.ToString(), conditional: false);
            }
        }
        else
        {
            Set(name.ToString(), value.ToString(), conditional: false);
        }

        return true;
    }

    /// <summary>A file that was decoded and is decompressed in place is decoded text all the same.</summary>
    private void Decompress(Command command)
    {
        foreach (var file in command.Operands)
        {
            var path = Paths.Normalize(file, Directory);
            if (path.LastIndexOf('.') is > 0 and var end && _files.TryRead(path, out var text, out _) && text.StartsWith(Mark.Hidden))
            {
                WriteFile(path[..end], text, command.Line, append: false);
            }
        }
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
