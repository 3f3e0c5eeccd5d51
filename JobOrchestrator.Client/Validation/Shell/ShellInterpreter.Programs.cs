using System.Collections.Frozen;
using System.Globalization;
using JobOrchestrator.Client.Validation.Code;
using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Programs that run text, files or other commands.</content>
internal sealed partial class ShellInterpreter
{
    private static readonly FrozenSet<string> Shells = FrozenSet.Create(
        StringComparer.Ordinal, "sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "rbash", "yash", "fish", "csh", "tcsh", "posh", "sash", "pdksh");

    /// <summary>Processes of one command at the same time; the largest machines have this many processors.</summary>
    private const int MaxProcesses = 512;

    /// <summary>Fingerprints of code in which there is nothing, wherever it stands.</summary>
    private readonly HashSet<ulong> _harmlessCode = [];

    private string? RunShell(Command command)
    {
        if (Shells.Contains(command.Name))
        {
            return RunShellProgram(command);
        }

        switch (command.Name)
        {
            case "xargs":
                return RunXargs(command);
            case "parallel" or "sem" or "rush":
                return RunParallel(command);
            case "find":
                return RunFind(command);
            case "script" or "watch" or "hyperfine" or "entr" or "ssh" or "su" or "runuser" or "sg":
                foreach (var text in command.Name is "hyperfine" ? command.Operands : (command.ValueOf("-c", "--command") ?? AfterCluster(command, 'c')) is { } option ? [option] : [])
                {
                    RunTextOf(text, command.Line, command.Invocation, mayBeUnknown: true);
                }

                return Unknown;
        }

        if (Interpreters.Find(command.Name) is { } language)
        {
            return RunInterpreter(command, language);
        }

        // A program that the script wrote itself.
        if (command.Path.Contains('/', StringComparison.Ordinal))
        {
            if (_files.TryRead(Paths.Normalize(command.Path, Directory), out var script, out var line))
            {
                RunScriptFile(script, line == 0 ? command.Line : line, command);
            }
            else if (command.Path[0] != '/')
            {
                CheckFilesAreKnown(command);
            }
        }

        return null;
    }

    /// <summary>What follows a group of letters that ends in the one given: <c>-qc text</c>.</summary>
    private static string? AfterCluster(Command command, char letter)
    {
        for (var i = 0; i + 1 < command.Arguments.Count; i++)
        {
            if (command.Arguments[i] is ['-', not '-', .., var last] && last == letter)
            {
                return command.Arguments[i + 1];
            }
        }

        return null;
    }

    private string RunShellProgram(Command command)
    {
        var arguments = command.Arguments;
        var isCommand = false;
        foreach (var variable in (ReadOnlySpan<string>)["BASH_ENV", "ENV"])
        {
            // What a shell runs before everything else.
            if (_variables.TryGetValue(variable, out var file) && file.Value.Length > 0)
            {
                RunFile(file.Value, command with { Arguments = [] }, []);
            }
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.Length > 1 && argument[0] is '-' or '+')
            {
                if (argument == "--")
                {
                    continue;
                }

                if (argument[1] != '-')
                {
                    isCommand |= argument[0] == '-' && argument.Contains('c', StringComparison.Ordinal);
                    i += argument[^1] is 'o' or 'O' ? 1 : 0; // -euo pipefail
                    if (argument[0] == '-' && argument.Contains('s', StringComparison.Ordinal) && !isCommand)
                    {
                        return RunInput(command);
                    }
                }
                else if (argument is "--rcfile" or "--init-file" && i + 1 < arguments.Count)
                {
                    RunFile(arguments[++i], command, []);
                }

                continue;
            }

            if (isCommand)
            {
                return RunTextOf(argument, command.Line, command.Invocation, mayBeUnknown: false, [.. arguments.Skip(i + 2)]);
            }

            if (argument is [Mark.Unknown] && i + 1 < arguments.Count)
            {
                continue; // options in a variable
            }

            return RunFile(argument, command, [.. arguments.Skip(i + 1)]) ?? Unknown;
        }

        if (command.Invocation.IsWiredToDescriptor)
        {
            _findings.Add(ScriptRules.NetworkSocket, command.Line, "a shell that is wired to another descriptor");
        }

        return RunInput(command);
    }

    /// <summary>A file that is started by its path: its first line says what runs it.</summary>
    private void RunScriptFile(string text, int line, Command command)
    {
        if (text.StartsWith("#!", StringComparison.Ordinal))
        {
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            var interpreter = (end < 0 ? text : text[..end])[2..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                .Select(Paths.BaseName).FirstOrDefault(w => w is not "env" && w.Length > 0 && w[0] != '-');
            if (interpreter is not null && Interpreters.Find(interpreter) is { } language)
            {
                CheckCode(text, language, line, command);
                return;
            }
        }

        RunTextOf(text, line, command.Invocation with { Input = null }, mayBeUnknown: false, command.Arguments);
    }

    private string RunXargs(Command command)
    {
        CheckProcesses(command, command.ValueOf("-P", "--max-procs") ?? command.Arguments.FirstOrDefault(a => a.StartsWith("-P", StringComparison.Ordinal))?[2..]);
        var (inner, replace) = XargsArguments.Parse(command.Arguments);
        if (inner.Count == 0)
        {
            return command.Invocation.Input ?? Unknown;
        }

        var input = command.Invocation.Input is { } text ? text : Unknown;
        if (replace is null)
        {
            var words = input.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return Execute([.. inner, .. words.Select(w => w.Trim('"', '\''))], command.Invocation with { Input = "" }, CommandForm.Program);
        }

        foreach (var line in Sample(input.Split(['\n', '\0'], StringSplitOptions.RemoveEmptyEntries)))
        {
            Execute([.. inner.Select(f => f.Replace(replace, line, StringComparison.Ordinal))], command.Invocation with { Input = "" }, CommandForm.Program);
        }

        return Unknown;
    }

    /// <summary>Far more processes at once than any machine has processors are not there to compute.</summary>
    private void CheckProcesses(Command command, string? number)
    {
        if (int.TryParse(number, CultureInfo.InvariantCulture, out var processes) && processes > MaxProcesses)
        {
            _findings.Add(ScriptRules.Stress, command.Line, $"'{command.Name}' with {processes} processes at once");
        }
    }

    private string RunParallel(Command command)
    {
        CheckProcesses(command, command.ValueOf("-j", "--jobs", "-P", "--max-procs") ?? command.Arguments.FirstOrDefault(a => a.StartsWith("-j", StringComparison.Ordinal) || a.StartsWith("-P", StringComparison.Ordinal))?[2..]);
        var arguments = command.Arguments;
        var template = new List<string>();
        var items = new List<string>();
        var inItems = false;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument is ":::" or ":::+")
            {
                inItems = true;
            }
            else if (argument is "::::" or "::::+")
            {
                items.Add(Unknown);
                break;
            }
            else if (inItems)
            {
                items.Add(argument);
            }
            else if (template.Count == 0 && argument.Length > 1 && argument[0] == '-')
            {
                i += argument is "-j" or "-N" or "-n" or "-a" or "-S" or "-P" or "-I" or "-C" or "-L" or "-d" or "--jobs" or "--colsep" or "--joblog" or "--delay" or "--timeout"
                    or "--results" or "--tmpdir" or "--workdir" or "--wd" or "--load" or "--memfree" or "--retries" or "--arg-file" or "--max-procs" or "--sshlogin" or "--halt" ? 1 : 0;
            }
            else
            {
                template.Add(argument);
            }
        }

        if (!inItems && items.Count == 0)
        {
            items.AddRange((command.Invocation.Input ?? Unknown).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        // parallel hands the line to a shell; without a command the items themselves are commands.
        var line = string.Join(' ', template);
        foreach (var item in Sample(items))
        {
            var text = line.Contains("{}", StringComparison.Ordinal) ? line.Replace("{}", item, StringComparison.Ordinal) : $"{line} {item}";
            RunTextOf(text, command.Line, command.Invocation with { Input = null }, mayBeUnknown: true);
        }

        return Unknown;
    }

    private string RunFind(Command command)
    {
        var arguments = command.Arguments;
        var roots = arguments.SkipWhile(a => a is "-L" or "-P" or "-H").TakeWhile(a => a.Length == 0 || a[0] is not ('-' or '(' or '!')).ToList();
        roots = roots.Count == 0 ? ["."] : [.. roots.Distinct(StringComparer.Ordinal)];
        if ((long)roots.Count * arguments.Count > MaxArguments)
        {
            _findings.Add(ScriptRules.Complexity, command.Line, "'find' with more to do, in more places, than can be followed");
            return Unknown;
        }

        // Without a condition on the name it is everything there.
        var found = command.Has("-name", "-iname", "-path", "-regex", "-wholename", "-ipath", "-iregex", "-newer", "-samefile", "-inum") ? Mark.UnknownText : Mark.Star.ToString();
        if (command.ValueOf("-name", "-iname") is { Length: > 0 } pattern && pattern.AsSpan().ContainsAny('*', '?', '['))
        {
            found = pattern.Replace('*', Mark.Star).Replace('?', Mark.Question).Replace('[', Mark.Bracket);
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "-delete")
            {
                foreach (var root in roots)
                {
                    _rules.JudgeDelete(command, root, recursive: true);
                }
            }
            else if (arguments[i] is "-exec" or "-execdir" or "-ok" or "-okdir")
            {
                var inner = arguments.Skip(i + 1).TakeWhile(a => a is not (";" or "+")).ToList();
                foreach (var root in roots)
                {
                    Count(inner.Count);
                    Execute(
                        [.. inner.Select(a => a.Replace("{}", $"{root}/{found}", StringComparison.Ordinal))],
                        command.Invocation with { Input = null }, CommandForm.Program);
                }

                i += inner.Count;
            }
        }

        return string.Concat(roots.Select(r => $"{r}/{found}\n"));
    }

    private string RunInterpreter(Command command, Language language)
    {
        if (Interpreters.CodeOf(command, language) is { } code)
        {
            return CheckCode(code, language, command.Line, command) ? Mark.Hidden.ToString() : OutputOfCode(command);
        }

        if (Interpreters.FileOf(command, language) is { } file)
        {
            if (file is "-" or "/dev/stdin")
            {
                return RunInputAs(language, command);
            }
            else if (_files.TryRead(Paths.Normalize(file, Directory), out var text, out var line))
            {
                CheckCode(text, language, line == 0 ? command.Line : line, command);
            }
        }
        else if (language.ReadsInput && command.Arguments.All(a => a.StartsWith('-') && a is not ("-V" or "--version" or "-m")))
        {
            return RunInputAs(language, command);
        }

        return OutputOfCode(command);
    }

    /// <summary>Constants that go through a program come out as something nobody looked at.</summary>
    private static string OutputOfCode(Command command) =>
        command.Invocation.Input is { } text && text.Contains(Mark.Processes) ? Mark.Processes.ToString()
        : command.Invocation is { IsFed: true, Input: { Length: > 0 } input } && !input.Contains(Mark.Unknown) ? Mark.Hidden.ToString() : Unknown;

    /// <summary>Looks through the program that comes on standard input, and says what is known of its output: where nothing is decoded, no more than of another's.</summary>
    private string RunInputAs(Language language, Command command)
    {
        if (command.Invocation.Input is not { Length: > 0 } text)
        {
            return Unknown;
        }

        if (command.Invocation.Upstream.Any(Decoders.Names.Contains) && !text.StartsWith(Mark.Hidden))
        {
            _findings.Add(ScriptRules.Decoded, command.Line, $"{command.Name} runs text that was decoded or computed");
        }

        return CheckCode(text, language, command.Invocation.InputLine == 0 ? command.Line : command.Invocation.InputLine, command) ? Mark.Hidden.ToString()
            : text.Contains(Mark.Processes) ? Mark.Processes.ToString() : Unknown;
    }

    /// <summary>Looks through a program; true when it decodes something, and so may print it.</summary>
    internal bool CheckCode(string code, Language language, int line, Command command)
    {
        if (Mark.Strip(code).AsSpan().Trim().Length == 0)
        {
            if (code.Contains(Mark.Hidden))
            {
                _findings.Add(ScriptRules.Decoded, command.Line, $"{command.Name} runs text that was decoded or computed");
            }

            return false;
        }

        CountText(code.Length);
        // The same few programs for awk come again and again.
        var inline = new InlineCode(this, _findings, _rules, language, command.Invocation);
        var key = StateHash.Of(code) ^ (StateHash.Of(language.Name) * 3);
        if (!inline.DependsOnPlace && _harmlessCode.Contains(key))
        {
            return false;
        }

        Count(WorkOfCode);
        if (code.StartsWith(Mark.Hidden))
        {
            _findings.Add(ScriptRules.Decoded, command.Line, $"{command.Name} runs text that was decoded or computed");
        }

        var told = _findings.Count;
        inline.Check(code, line);
        if (told == _findings.Count && !inline.DependsOnPlace && !inline.DecodesText && code.Length <= MaxText && _harmlessCode.Count < MaxNotes)
        {
            _harmlessCode.Add(key);
        }

        return inline.DecodesText;
    }
}
