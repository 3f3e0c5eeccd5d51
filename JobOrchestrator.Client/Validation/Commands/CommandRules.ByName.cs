using System.Buffers;
using System.Globalization;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Commands;

/// <content>What single programs are known for.</content>
internal sealed partial class CommandRules
{
    /// <summary>Sizes above this are no results.</summary>
    private const double HugeBytes = 200e9;

    private static readonly SearchValues<char> ModeLetters = SearchValues.Create("rwxXst");

    private void JudgeByName(Command command)
    {
        switch (command.Name)
        {
            case "rm" or "unlink" or "rmdir":
                foreach (var path in command.Operands)
                {
                    JudgeDelete(command, path, command.HasFlag('r') || command.HasFlag('R') || command.Has("--recursive"));
                }

                break;
            case "mv":
                JudgeMove(command);
                break;
            case "cp" or "ln" or "install" or "link":
                JudgeCopy(command);
                break;
            case "tee" or "touch" or "truncate" or "mkdir" or "mkfifo":
                JudgeTargets(command, command.Operands);
                break;
            case "dd":
                JudgeDd(command);
                break;
            case "fallocate" when SizeOf(command.ValueOf("-l", "--length")) > HugeBytes:
            case "head" when SizeOf(command.ValueOf("-c", "--bytes")) > HugeBytes:
                findings.Add(ScriptRules.Fill, command.Line, $"'{command.Name}' with a size no disk has room for");
                break;
            case "chmod":
                JudgeMode(command);
                break;
            case "chown" or "chgrp" or "chattr" or "setfacl":
                JudgeOwner(command);
                break;
            case "mknod" when !command.Arguments.Contains("p"):
                findings.Add(ScriptRules.DeviceTool, command.Line, "tool for devices 'mknod'");
                break;
            case "kill":
                JudgeKill(command);
                break;
            case "pkill" when !command.HasFlag('P') && !command.Has("--parent") && !command.HasFlag('g') && !command.HasFlag('s'):
            case "fuser" when command.HasFlag('k'):
                findings.Add(ScriptRules.OtherProcesses, command.Line, $"'{command.Name}' signals processes by name or owner");
                break;
            case "strace" or "ltrace" or "gdb" when command.HasFlag('p') && command.ValueOf("-p") is { } process && !IsChild(process):
                findings.Add(ScriptRules.Inspection, command.Line, $"'{command.Name}' attaches to a running process");
                break;
            case "yes" when !command.Invocation.IsPiped && (command.Invocation.Outputs.Length > 0 || command.Invocation.Background):
                findings.Add(command.Invocation.Outputs.Any(o => !o.Path.StartsWith("/dev/", StringComparison.Ordinal)) ? ScriptRules.Fill : ScriptRules.Stress, command.Line, "'yes' without anyone to answer");
                break;
            case "xargs" or "parallel" when command.Invocation.Upstream is [.., "yes"]:
                findings.Add(ScriptRules.ForkBomb, command.Line, $"'{command.Name}' starts a process for each line of 'yes', which never ends");
                break;
            case "exec" when command.ValueOf("-a") is ['[', ..]:
                findings.Add(ScriptRules.HiddenCommand, command.Line, "a program takes the name of a kernel thread");
                break;
            case "screen" or "tmux" or "dtach" or "abduco" or "daemonize":
                findings.Add(ScriptRules.Session, command.Line, $"'{command.Name}'");
                break;
            case "find":
                JudgeFind(command);
                break;
            case "grep" or "egrep" or "fgrep" or "rg" or "zgrep":
                JudgeSearch(command);
                break;
            case "env" or "printenv":
                JudgeEnvironment(command);
                break;
            case "tar" or "zip" or "7z" or "cpio" or "rar":
                JudgeArchive(command);
                break;
            case "unzip" when command.ValueOf("-d") is { } directory:
                JudgeWrite(directory, command.Line);
                break;
            case "sed" or "gsed":
                JudgeSed(command);
                break;
            case "make" or "gmake":
                JudgeMake(command);
                break;
            case "sort" when command.ValueOf("-o", "--output") is { } output:
                JudgeWrite(output, command.Line);
                break;
            case "vim" or "vi" or "ex" or "ed" or "view" or "nvim" or "sqlite3" or "psql" or "mysql" or "dc":
                JudgeShellEscapes(command);
                JudgeEditor(command);
                JudgeSystem(command);
                break;
            default:
                JudgeSystem(command);
                break;
        }
    }

    private void JudgeTargets(Command command, IEnumerable<string> targets)
    {
        if (command.Name == "truncate" && SizeOf(command.ValueOf("-s", "--size")) > HugeBytes)
        {
            findings.Add(ScriptRules.Fill, command.Line, "'truncate' with a size no disk has room for");
        }

        foreach (var target in targets)
        {
            var full = Paths.Normalize(target, shell.Directory);
            if (command.Name is "tee" && IsSocket(target))
            {
                findings.Add(ScriptRules.NetworkSocket, command.Line, $"network connection through '{Mark.Display(target)}'");
            }
            else
            {
                JudgeWrite(full, target, command.Line);
            }

            if (command.Name == "mkdir")
            {
                shell.NoteMade(full);
            }
            else if (command.Name == "tee")
            {
                shell.WriteFile(full, command.Invocation.Input ?? "", command.Invocation.InputLine, command.HasFlag('a'));
            }
        }
    }

    private void JudgeMove(Command command)
    {
        var operands = command.Operands.ToList();
        var target = command.ValueOf("-t", "--target-directory") ?? operands.LastOrDefault();
        foreach (var source in operands.Where(o => o != target))
        {
            JudgeDelete(command, source, recursive: true);
        }

        if (target == "/dev/null")
        {
            findings.Add(ScriptRules.DeleteOutside, command.Line, "'mv' into /dev/null");
        }

        JudgeCopy(command);
    }

    private void JudgeCopy(Command command)
    {
        var operands = command.Operands.ToList();
        var target = command.ValueOf("-t", "--target-directory") ?? (operands.Count > 1 ? operands[^1] : null);
        if (command.Name == "install" && command.ValueOf("-m", "--mode") is { } mode && IsSetUserId(mode))
        {
            findings.Add(ScriptRules.SetUserId, command.Line, $"'install' with mode {Mark.Display(mode)}");
        }

        foreach (var source in operands.Where(o => o != target))
        {
            var name = Paths.BaseName(source);
            if (ForbiddenTools.TryGet(name, out var tool) && (source == name || (tool.Rule == ScriptRules.MinerTool && !name.Contains('.', StringComparison.Ordinal)) ? !Ambiguous.Contains(name) : IsProgramDirectory(source)))
            {
                findings.Add(ScriptRules.RenamedTool, command.Line, $"{tool.Kind} '{name}' is copied or linked");
            }

            if (target is not null && source.Contains("bin/", StringComparison.Ordinal) && source[0] == '/')
            {
                var renamed = Paths.Normalize(target, shell.Directory);
                shell.NoteRenamed(renamed, name);
                shell.NoteRenamed(renamed + "/" + name, name);
            }

            var full = Paths.Normalize(source, shell.Directory);
            if (command.Name is "ln" && Paths.PlaceOf(full) == Place.Root)
            {
                findings.Add(ScriptRules.WriteOutside, command.Line, "link to the root directory");
            }

            if (command.Name is "cp" && (command.HasFlag('r') || command.HasFlag('R') || command.HasFlag('a')) && IsForeignTree(full))
            {
                findings.Add(ScriptRules.SecretFile, command.Line, $"copy of '{Mark.Display(source)}'");
            }

            if (target is not null && source is "/dev/stdin" or "-" && command.Invocation.Input is { } input)
            {
                shell.Files.Write(Paths.Normalize(target, shell.Directory), input, command.Invocation.InputLine, append: false);
            }
            else if (target is not null && shell.Files.TryRead(full, out var text, out var line))
            {
                shell.Files.Write(Paths.Normalize(target, shell.Directory), text, line, append: false);
            }
        }

        if (target is not null)
        {
            JudgeWrite(target, command.Line);
        }
    }

    private void JudgeDd(Command command)
    {
        string? Value(string key) => command.Arguments.FirstOrDefault(a => a.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
        var (source, target, count) = (Value("if="), Value("of="), Value("count="));
        if (target is { Length: > 0 })
        {
            JudgeWrite(target, command.Line);
        }

        if (source is null || !IsEndless(source) || target is null)
        {
            return;
        }

        var size = SizeOf(Value("bs=") ?? "512");
        if (target == "/dev/null" && (count is null || SizeOf(count) * size > HugeBytes / 10))
        {
            findings.Add(ScriptRules.Stress, command.Line, "'dd' of an endless device into nothing");
        }
        else if (count is null || SizeOf(count) * size > HugeBytes)
        {
            findings.Add(ScriptRules.Fill, command.Line, "'dd' of an endless device without a sensible count");
        }
    }

    private void JudgeMode(Command command)
    {
        var operands = command.Arguments.Where(a => a.Length > 0 && (a[0] != '-' || a.AsSpan(1).IndexOfAnyExcept(ModeLetters) < 0)).ToList();
        if (operands.Count == 0)
        {
            return;
        }

        var mode = operands[0];
        if (IsSetUserId(mode))
        {
            findings.Add(ScriptRules.SetUserId, command.Line, $"'chmod' with mode {Mark.Display(mode)}");
        }
        else if (IsSetGroupId(mode))
        {
            findings.Add(ScriptRules.SetGroupId, command.Line, $"'chmod' with mode {Mark.Display(mode)}");
        }

        JudgeOwnership(command, operands.Skip(1));
    }

    private void JudgeOwner(Command command)
    {
        var operands = command.Operands.ToList();
        if (command.Name == "chattr" || (command.Name == "chown" && operands is [var owner, ..] && (owner == "root" || owner.StartsWith("root:", StringComparison.Ordinal) || owner is "0" or "0:0")))
        {
            findings.Add(ScriptRules.Ownership, command.Line, $"'{command.Name} {Mark.Display(operands.FirstOrDefault() ?? "")}'");
        }

        JudgeOwnership(command, operands.Skip(1));
    }

    private void JudgeOwnership(Command command, IEnumerable<string> targets)
    {
        foreach (var target in targets)
        {
            if (command.HasFlag('R') && JudgeNeverSet(ScriptRules.Ownership, command, target))
            {
                continue;
            }

            var full = Paths.Normalize(target, shell.Directory);
            var place = Paths.PlaceOf(full);
            if ((place is Place.Root or Place.System && !IsHarmlessDevice(full)) || (place is Place.Home or Place.Above && (command.HasFlag('R') || full.Length == 1)))
            {
                findings.Add(ScriptRules.Ownership, command.Line, $"'{command.Name}' on '{Mark.Display(target)}'");
            }
        }
    }

    private void JudgeKill(Command command)
    {
        var targets = command.Arguments.ToList();
        if (targets is ["-s" or "-n", _, ..])
        {
            targets = targets[2..];
        }
        else if (targets is [['-', _, ..], ..])
        {
            targets = targets is ["-1"] ? targets : targets[1..];
        }

        foreach (var target in targets)
        {
            if (target is "-1" or "1" || target.Contains(Mark.Processes))
            {
                findings.Add(ScriptRules.OtherProcesses, command.Line,
                    target is "-1" ? "'kill' of every process there is" : "'kill' of a process that is not the script's own");
                return;
            }
        }
    }

    private void JudgeFind(Command command)
    {
        var roots = command.Arguments.SkipWhile(a => a is "-L" or "-P" or "-H").TakeWhile(a => a.Length == 0 || a[0] is not ('-' or '(' or '!')).ToList();
        var outside = roots.Any(r => Paths.PlaceOf(Paths.Normalize(r, shell.Directory)) is Place.Root or Place.System or Place.Home || Paths.Normalize(r, shell.Directory) is "/home");
        if (!outside)
        {
            return;
        }

        for (var i = 1; i < command.Arguments.Count; i++)
        {
            var (option, value) = (command.Arguments[i - 1], command.Arguments[i]);
            if (option == "-perm" && (value.Contains("4000", StringComparison.Ordinal) || value.Contains("6000", StringComparison.Ordinal) || value.Contains("u=s", StringComparison.Ordinal) || value.Contains("u+s", StringComparison.Ordinal)))
            {
                findings.Add(ScriptRules.SetUserId, command.Line, "search for set-user-ID programs");
            }
            else if (option is "-name" or "-iname" or "-path" or "-regex" && IsSecretFileName(value))
            {
                findings.Add(ScriptRules.SecretFile, command.Line, $"search for '{Mark.Display(value)}' outside the job's directory");
            }
        }
    }

    private static bool IsSecretFileName(string pattern)
    {
        foreach (var name in (ReadOnlySpan<string>)["id_rsa", "id_ed25519", ".pem", ".key", ".env", ".netrc", "credentials", ".ssh", ".aws", "authorized_keys", "shadow", "wallet", ".kdbx", ".p12", ".pfx", "password", "secret", ".htpasswd", "token"])
        {
            if (pattern.Contains(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private void JudgeSearch(Command command)
    {
        var operands = command.Operands.ToList();
        var pattern = command.ValueOf("-e", "--regexp") ?? operands.FirstOrDefault();
        if (pattern is null || !Secrets.IsSecretPattern(pattern))
        {
            return;
        }

        if (command.Invocation.Upstream.Any(u => u is "env" or "printenv" or "set" or "export" or "declare"))
        {
            findings.Add(ScriptRules.SecretVariable, command.Line, $"search for '{Mark.Display(pattern)}' in the environment");
        }
        else if ((command.HasFlag('r') || command.HasFlag('R') || command.Name == "rg")
            && operands.Skip(1).Any(o => Paths.Normalize(o, shell.Directory) is var full && (Paths.PlaceOf(full) is Place.Root or Place.System or Place.Home or Place.Above || full.StartsWith("/home", StringComparison.Ordinal))))
        {
            findings.Add(ScriptRules.SecretFile, command.Line, $"search for '{Mark.Display(pattern)}' outside the job's directory");
        }
    }

    private void JudgeEnvironment(Command command)
    {
        foreach (var name in command.Arguments.Where(a => command.Name == "printenv" && Secrets.IsSecretName(a)))
        {
            findings.Add(ScriptRules.SecretVariable, command.Line, $"environment variable '{Mark.Display(name)}'");
        }

        if (command.Arguments.Count == 0 && command.Invocation.Downstream.Any(d => d is "base64" or "xxd" or "openssl" or "gpg" or "od" or "hexdump" or "uuencode" or "rev"))
        {
            findings.Add(ScriptRules.SecretVariable, command.Line, "the whole environment is encoded");
        }
    }

    private void JudgeArchive(Command command)
    {
        if (command.Name == "tar")
        {
            foreach (var argument in command.Arguments)
            {
                foreach (var option in (ReadOnlySpan<string>)["--to-command=", "--checkpoint-action=exec=", "--use-compress-program=", "--rsh-command=", "--info-script=", "--new-volume-script="])
                {
                    if (argument.StartsWith(option, StringComparison.Ordinal))
                    {
                        RunText(command, argument[option.Length..]);
                    }
                }
            }

            if (command.ValueOf("-I") is { } program)
            {
                RunText(command, program);
            }
        }

        if (command.Name == "zip" && command.ValueOf("-TT", "--unzip-command") is { } test)
        {
            RunText(command, test);
        }

        var elsewhere = command.ValueOf("-C", "--directory");
        if (elsewhere is { } directory)
        {
            var full = Paths.Normalize(directory, shell.Directory);
            if (command.HasFlag('x') || command.Has("--extract") || command.Arguments is [var first, ..] && first.StartsWith('x'))
            {
                JudgeWrite(full, directory, command.Line);
            }
            else if (IsForeignTree(full))
            {
                findings.Add(ScriptRules.SecretFile, command.Line, $"archive of '{Mark.Display(directory)}'");
            }
        }

        foreach (var operand in command.Operands.Where(o => o != elsewhere && IsForeignTree(Paths.Normalize(o, shell.Directory))))
        {
            findings.Add(ScriptRules.SecretFile, command.Line, $"archive of '{Mark.Display(operand)}'");
        }
    }

    private void JudgeSed(Command command)
    {
        var operands = command.Operands.ToList();
        var programs = command.Has("-e", "--expression")
            ? command.Arguments.Where((_, i) => i > 0 && command.Arguments[i - 1] is "-e" or "--expression").ToList()
            : [.. operands.Take(1)];
        if (command.Arguments.Any(a => a.StartsWith("-i", StringComparison.Ordinal) || a.StartsWith("--in-place", StringComparison.Ordinal)))
        {
            foreach (var file in operands.Except(programs))
            {
                JudgeWrite(file, command.Line);
            }
        }

        foreach (var part in programs.SelectMany(p => p.Split(['\n', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var verb = part.TrimStart('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '$', ',', ' ', '!');
            if (verb == "e" || verb.StartsWith("e ", StringComparison.Ordinal))
            {
                shell.RunTextOf(verb[1..], command.Line, command.Invocation with { Input = null }, mayBeUnknown: false);
            }
            else if (verb.StartsWith("w ", StringComparison.Ordinal) && verb[2..].Trim() is { Length: > 0 } written)
            {
                JudgeWrite(written, command.Line);
            }
            else if (verb.Length > 4 && verb[0] == 's' && !char.IsAsciiLetterOrDigit(verb[1]) && verb[(verb.LastIndexOf(verb[1]) + 1)..] is var flags && flags.Length < 4 && flags.Contains('e', StringComparison.Ordinal))
            {
                findings.Add(ScriptRules.HiddenCommand, command.Line, "'sed' runs what it has put together");
            }
            else if (verb.Length > 4 && verb[0] == 's' && command.Invocation.Downstream.Any(d => d is "sh" or "bash" or "dash" or "zsh") && verb[1..].Split(verb[1]) is ["", _, var replacement, ..])
            {
                // s/^/command /: each line becomes a command
                RunText(command, replacement.Replace('&', Mark.Unknown).Replace("\\1", Mark.UnknownText, StringComparison.Ordinal));
            }
        }
    }

    /// <summary>Recipes of a makefile that the script writes itself.</summary>
    private void JudgeMake(Command command)
    {
        var file = command.ValueOf("-f", "--file", "--makefile");
        string? text = null;
        var line = 0;
        if (file is "-" or "/dev/stdin")
        {
            (text, line) = (command.Invocation.Input, command.Invocation.InputLine);
        }
        else
        {
            foreach (var name in file is null ? (string[])["GNUmakefile", "makefile", "Makefile"] : [file])
            {
                if (shell.Files.TryRead(Paths.Normalize(name, command.ValueOf("-C") is { } directory ? Paths.Normalize(directory, shell.Directory) : shell.Directory), out var known, out line))
                {
                    text = known;
                    break;
                }
            }
        }

        foreach (var (recipe, i) in Makefile.Recipes(text ?? ""))
        {
            shell.RunText(recipe, line == 0 ? command.Line : line + i);
        }
    }

    /// <summary>Programs that hand a line after <c>!</c> to a shell.</summary>
    private void JudgeShellEscapes(Command command)
    {
        foreach (var text in command.Arguments.Concat((command.Invocation.Input ?? "").Split('\n').Take(200)))
        {
            foreach (var escape in (ReadOnlySpan<string>)[":!", "+!", "!", ".shell ", ".system ", "\\!"])
            {
                if (text.StartsWith(escape, StringComparison.Ordinal) && text.Length > escape.Length)
                {
                    RunText(command, text[escape.Length..]);
                    break;
                }
            }
        }
    }

    /// <summary>Editors that are given their commands instead of a user.</summary>
    private void JudgeEditor(Command command)
    {
        if (command.Name is "ed" or "ex")
        {
            foreach (var file in command.Operands.Where(o => o.Length > 1))
            {
                JudgeWrite(file, command.Line);
            }
        }

        if (command.Name is "vim" or "vi" or "nvim" or "ex" or "view")
        {
            foreach (var code in command.Arguments.Where((a, i) => (i > 0 && command.Arguments[i - 1] is "-c" or "--cmd" or "-S") || a.StartsWith('+')))
            {
                shell.CheckCode(code.TrimStart('+'), Code.Interpreters.Vim, command.Line, command);
            }
        }
    }

    private static double SizeOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        var digits = text.TrimStart('+', '-', '<', '>').TakeWhile(char.IsAsciiDigit).Count();
        if (digits == 0 || !double.TryParse(text.TrimStart('+', '-', '<', '>').AsSpan(0, digits), CultureInfo.InvariantCulture, out var number))
        {
            return 0;
        }

        return number * (text.TrimStart('+', '-', '<', '>').ElementAtOrDefault(digits) switch
        {
            'k' or 'K' => 1e3,
            'm' or 'M' => 1e6,
            'g' or 'G' => 1e9,
            't' or 'T' => 1e12,
            'p' or 'P' => 1e15,
            'e' or 'E' => 1e18,
            _ => 1,
        });
    }

    private static bool IsSetUserId(string mode) => IsSpecialMode(mode, '4', "uao");

    private static bool IsSetGroupId(string mode) => IsSpecialMode(mode, '2', "g");

    /// <summary><c>4755</c>, <c>u+s</c>, <c>+s</c>.</summary>
    private static bool IsSpecialMode(string mode, char bit, string who)
    {
        if (mode.Length > 0 && mode.All(char.IsAsciiDigit))
        {
            var digits = mode.TrimStart('0');
            return digits.Length == 4 && ((digits[0] - '0') & (bit - '0')) != 0;
        }

        return mode.Split(',').Any(clause => clause.IndexOfAny(['+', '=']) is var op and >= 0 && clause[op..].Contains('s', StringComparison.Ordinal)
            && (op == 0 ? bit == '4' : clause.AsSpan(0, op).IndexOfAny(who) >= 0));
    }

    private static bool IsChild(string process) => process.Length > 0 && process[0] == Mark.Unknown;

    private static bool IsProgramDirectory(string path) =>
        path.Contains("bin/", StringComparison.Ordinal) && path[0] is '/' or '.' or Mark.Unknown || path[0] == '/';

    /// <summary>Directories in which other people's files are.</summary>
    internal static bool IsForeignTree(string path) =>
        path is [Mark.Home, ..] ? path.TrimEnd(Mark.Star, '/').Length == 1
        : path.TrimEnd(Mark.Star, '/') is "" or "/etc" or "/home" or "/root" or "/var" or "/var/lib" or "/var/www" or "/srv" or "/proc" or "/sys" or "/usr" or "/boot" or "/opt" or "/mnt" && path is ['/', ..];
}
