using System.Collections.Frozen;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Judges single commands: by name, by what their arguments lead to, and by what they are known for.</summary>
internal sealed partial class CommandRules(ShellInterpreter shell, FindingList findings)
{
    /// <summary>Words that are also names of harmless programs; under a path of their own they are taken for those.</summary>
    private static readonly FrozenSet<string> Ambiguous = FrozenSet.Create(
        StringComparer.Ordinal, "at", "batch", "host", "mail", "links", "stress", "service", "init", "tc", "http", "https", "wipe", "finger", "hydra", "kind", "helm",
        "watch", "wall", "oc", "az", "gh", "ftp", "drill", "scrub", "iget", "iput", "kermit", "bore", "tor", "rigel", "claymore", "responder", "skill", "snice", "nats",
        "randomx", "cryptonight", "siege", "xh", "croc", "mount", "aide", "calife", "chage", "trex", "t-rex", "sg");

    /// <summary>Commands whose arguments are nothing but text.</summary>
    private static readonly FrozenSet<string> TextOnly = FrozenSet.Create(
        StringComparer.Ordinal, "echo", "printf", ":", "true", "false", "test", "[", "return", "exit", "set", "export", "declare", "typeset", "local", "readonly",
        "alias", "basename", "dirname", "logger", "expr", "let", "read", "eval", "trap", "command", "type", "which", "whereis", "hash", "shopt", "case", "seq", "date");

    /// <summary>Variables that hold a command which some other program runs.</summary>
    private static readonly FrozenSet<string> Helpers = FrozenSet.Create(
        StringComparer.Ordinal, "PAGER", "GIT_PAGER", "MANPAGER", "EDITOR", "VISUAL", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS",
        "SSH_ASKPASS", "SUDO_ASKPASS", "RSYNC_RSH", "CVS_RSH", "LESSOPEN", "LESSCLOSE", "BROWSER");

    /// <summary>Commands that show or copy what files hold.</summary>
    private static readonly FrozenSet<string> Readers = FrozenSet.Create(
        StringComparer.Ordinal, "cat", "cp", "head", "tail", "tac", "less", "more", "strings", "base64", "xxd", "od", "hexdump", "gzip", "tar", "zip", "cpio", "rsync", "dd", "install", "mv", "nl", "sort");

    private static readonly FrozenSet<string> Searchers = FrozenSet.Create(
        StringComparer.Ordinal, "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "sed", "gsed", "awk", "gawk", "mawk", "nawk", "perl", "jq");

    /// <summary>Programs that a pattern in command position may be meant to hide.</summary>
    public static IReadOnlyList<string> NamesThatMatter { get; } =
        [.. ForbiddenTools.Names, "bash", "sh", "dash", "rm", "dd", "python", "python3", "perl", "ruby", "base64", "openssl", "kill", "pkill", "strace", "gdb"];

    /// <summary>Whether a function of that name does not take its place.</summary>
    public static bool IsForbidden(string name) => ForbiddenTools.TryGet(name, out _) && !Ambiguous.Contains(name);

    public void Judge(Command command)
    {
        var name = command.Name;
        if (findings.Rules.HasCommand(name))
        {
            findings.Add(ScriptRules.OwnCommand, command.Line, $"command '{name}'", name);
        }

        if (findings.Rules.HasPatterns && findings.Rules.Match(Mark.Display(string.Join(' ', [command.Path, .. command.Arguments]), 4096)) is { } own)
        {
            findings.Add(ScriptRules.OwnPattern, own.Severity, command.Line, $"command line that matches '{own.Pattern}'");
        }

        if (ForbiddenTools.TryGet(name, out var tool) && !IsHarmlessUse(command))
        {
            findings.Add(tool.Rule, command.Line, $"{tool.Kind} '{name}'", name);
        }
        else if (command.Path is [Mark.Unknown] && command.Arguments is [var next, ..] && ForbiddenTools.TryGet(next, out tool) && !Ambiguous.Contains(next))
        {
            // $RUNNER curl …: the variable may be empty or another wrapper
            findings.Add(tool.Rule, command.Line, $"{tool.Kind} '{next}'", next);
        }

        if (IsSelf(command) && (command.Invocation.Background || command.Invocation.IsPiped || !command.Invocation.Downstream.Concat(command.Invocation.Upstream).All(n => n.Length > 0))
            && command.Arguments.All(a => a is [Mark.Unknown] || IsScript(a)))
        {
            findings.Add(ScriptRules.ForkBomb, command.Line, "the script starts itself again and again");
        }

        if (command is { Path: "./run.sh", Arguments.Count: 0, Invocation: { IsFed: true, Upstream.Count: 0 } })
        {
            findings.Add(ScriptRules.HiddenCommand, command.Line, "text is handed to '$0', whatever shell that is");
        }

        if (JudgesArguments(name))
        {
            JudgeArguments(command);
        }

        JudgeEndlessInput(command);
        JudgeByName(command);
    }

    /// <summary>Whether what a command of that name is given are names of files and programs, and not only text.</summary>
    public static bool JudgesArguments(string name) => !TextOnly.Contains(name);

    /// <summary>A here-document is data; but a mining pool's address with a wallet is a miner's configuration wherever it goes.</summary>
    public void JudgeHereDocument(string text, Node node)
    {
        if (text.Contains("\"pools\"", StringComparison.Ordinal) && text.Contains("\"user\"", StringComparison.Ordinal) && (text.Contains("\"algo\"", StringComparison.Ordinal) || text.Contains("\"coin\"", StringComparison.Ordinal) || text.Contains("\"nicehash\"", StringComparison.Ordinal)))
        {
            findings.Add(ScriptRules.MinerPool, node.Line, "configuration of a miner");
        }
        else if (text.Contains("stratum+", StringComparison.Ordinal)
            && (text.Contains("\"pools\"", StringComparison.Ordinal) || text.Contains("\"user\"", StringComparison.Ordinal) || text.Contains("wallet", StringComparison.OrdinalIgnoreCase)))
        {
            findings.Add(ScriptRules.MinerPool, node.Line, "configuration of a miner");
        }
    }

    public void JudgeRedirection(Redirection redirection, string target, string path, int line)
    {
        if (IsSocket(target))
        {
            findings.Add(ScriptRules.NetworkSocket, line, $"network connection through '{Mark.Display(target)}'");
        }
        else if (redirection.IsInput)
        {
            JudgeRead(path, target, line);
        }
        else
        {
            JudgeWrite(path, target, line);
        }
    }

    /// <summary>Whether <see cref="JudgeAssignment"/> has something to say of a variable of that name.</summary>
    public static bool JudgesAssignment(ReadOnlySpan<char> name) => name is "DISPLAY" or "HISTFILE" or "HISTSIZE" or "HISTFILESIZE" or "PS4" or "PROMPT_COMMAND" || Helpers.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);

    public void JudgeAssignment(string name, string value)
    {
        switch (name)
        {
            case "HISTFILE" when value is "/dev/null" or "":
            case "HISTSIZE" or "HISTFILESIZE" when value == "0":
                findings.Add(ScriptRules.Traces, shell.CurrentLine, $"'{name}' is set so that nothing is kept");
                break;
            case "DISPLAY" when value.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && !IsThisMachine(value[..colon]) && value[..colon] is not "unix":
                findings.Add(ScriptRules.NetworkRemote, shell.CurrentLine, $"windows on another machine's screen '{Mark.Display(value)}'");
                break;
            case "PS4" or "PROMPT_COMMAND" when value.Contains("$(", StringComparison.Ordinal) || name == "PROMPT_COMMAND":
                shell.RunText(name == "PS4" ? $": \"{value}\"" : value, shell.CurrentLine);
                break;
            case var helper when Helpers.Contains(helper):
                shell.RunTextOf(value, shell.CurrentLine, new Invocation { Line = shell.CurrentLine }, mayBeUnknown: true);
                break;
        }
    }

    /// <summary>Judges the removal of a path.</summary>
    public void JudgeDelete(Command command, string path, bool recursive)
    {
        if (JudgeNeverSet(ScriptRules.DeleteOutside, command, path))
        {
            return;
        }

        var full = Paths.Normalize(path, shell.Directory);
        var place = Paths.PlaceOf(full);
        if (full.StartsWith("/dev/", StringComparison.Ordinal) && place == Place.System)
        {
            findings.Add(ScriptRules.DeviceWrite, command.Line, $"'{command.Name}' removes device '{Mark.Display(path)}'");
        }
        else if (IsHistory(full))
        {
            findings.Add(ScriptRules.Traces, command.Line, $"'{command.Name}' removes '{Mark.Display(path)}'");
        }
        else if (place is Place.Root or Place.System or Place.Home or Place.Above || (place == Place.Elsewhere && !shell.HasMade(full)))
        {
            findings.Add(ScriptRules.DeleteOutside, command.Line, $"'{command.Name}'{(recursive ? " with all below" : "")} on '{Mark.Display(path)}'");
        }
    }

    /// <summary>Objects to <c>"$x/"</c>, which is all there is when nobody sets <c>x</c>.</summary>
    private bool JudgeNeverSet(Rule rule, Command command, string path)
    {
        if (shell.WithoutNeverSet(path) is not (var rest, var variable) || rest is not ['/', ..])
        {
            return false;
        }

        var full = Paths.Normalize(rest, shell.Directory);
        if (Paths.PlaceOf(full) is not (Place.Root or Place.System) && full is not ("/home" or "/opt" or "/srv" or "/mnt" or "/media" or ['/', Mark.Unknown, ..]))
        {
            return false;
        }

        findings.Add(rule, command.Line, $"'{command.Name}' on '{Mark.Display(full)}', since '{variable}' is never set in this script");
        return true;
    }

    private void JudgeWrite(string path, int line) => JudgeWrite(Paths.Normalize(path, shell.Directory), path, line);

    /// <summary>Follows a command line that a program is given to run.</summary>
    private void RunText(Command command, string text) => shell.RunTextOf(text, command.Line, command.Invocation with { Input = null }, mayBeUnknown: true);

    /// <summary>Judges writing to a file.</summary>
    /// <param name="full">Where it is, normalised.</param>
    /// <param name="path">As the script has it.</param>
    /// <param name="line">Where the script has it.</param>
    public void JudgeWrite(string full, string path, int line)
    {
        if (full.StartsWith("/dev/", StringComparison.Ordinal))
        {
            if (!IsHarmlessDevice(full))
            {
                findings.Add(ScriptRules.DeviceWrite, line, $"writing to device '{Mark.Display(path)}'");
            }

            return;
        }

        if (IsHistory(full))
        {
            findings.Add(ScriptRules.Traces, line, $"overwriting '{Mark.Display(path)}'");
            return;
        }

        if (StartupFiles.Contains(full))
        {
            findings.Add(ScriptRules.StartupFile, line, $"writing to '{Mark.Display(path)}'");
            return;
        }

        switch (Paths.PlaceOf(full))
        {
            case Place.System or Place.Root when path.Length > 0:
                findings.Add(ScriptRules.WriteOutside, line, $"writing to '{Mark.Display(path)}'");
                break;
            case Place.Home when Secrets.IsSecretFile(full):
                findings.Add(ScriptRules.SecretFile, line, $"writing to '{Mark.Display(path)}'");
                break;
            case Place.Elsewhere or Place.Above when !Mark.HasGlob(full) && !IsTemporaryRoot(full):
                findings.Add(ScriptRules.WriteElsewhere, line, $"writing to '{Mark.Display(path)}'");
                break;
        }
    }

    private void JudgeRead(string full, string path, int line)
    {
        if (Secrets.IsSecretFile(full))
        {
            findings.Add(ScriptRules.SecretFile, line, $"access to '{Mark.Display(path)}'");
        }
        else if (IsRawDevice(full))
        {
            findings.Add(ScriptRules.DeviceRead, line, $"reading device '{Mark.Display(path)}'");
        }
    }

    private void JudgeArguments(Command command)
    {
        var skip = Searchers.Contains(command.Name) && !command.Has("-f", "--file") ? 1 : 0;
        for (var i = 0; i < command.Arguments.Count; i++)
        {
            var argument = command.Arguments[i];
            if (argument.Length < 2)
            {
                continue;
            }

            if (i > 0 && command.Arguments[i - 1] is "-e" or "-name" or "-iname" or "-path" or "-regex" or "-m" or "--regexp" or "-wholename" or "--exclude" or "--include" or "-x")
            {
                skip = command.Arguments[i - 1] == "-e" ? 0 : skip;
                continue;
            }

            if (skip > 0 && argument[0] != '-')
            {
                skip--; // the pattern of a search, the program of a filter
                continue;
            }

            JudgeArgument(command, argument);
        }
    }

    private void JudgeArgument(Command command, string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var path = equals > 0 && argument.AsSpan(0, equals).IndexOfAny("/ ") < 0 ? argument[(equals + 1)..] : argument;
        if (path.Length > 1 && path[0] == '@')
        {
            path = path[1..];
        }

        if (path.Length > 1 && path.AsSpan().IndexOfAny('\n', ' ') < 0 && (path.Contains('/', StringComparison.Ordinal) || path[0] == Mark.Home || Mark.HasGlob(path)))
        {
            if (IsSocket(path))
            {
                findings.Add(ScriptRules.NetworkSocket, command.Line, $"network connection through '{Mark.Display(path)}'");
                return;
            }

            var full = Paths.Normalize(path, shell.Directory);
            if (Readers.Contains(command.Name) && IsEverything(full))
            {
                findings.Add(ScriptRules.SecretFile, command.Line, $"'{command.Name}' on everything in '{Mark.Display(path)}'");
            }

            JudgeRead(full, path, command.Line);
        }
        else if (shell.Directory[0] is '/' or Mark.Home && argument[0] != '-' && path.AsSpan().IndexOfAny('\n', ' ') < 0)
        {
            JudgeRead(Paths.Normalize(path, shell.Directory), path, command.Line);
        }

        if (Secrets.IsMetadataService(argument))
        {
            findings.Add(ScriptRules.NetworkMetadata, command.Line, $"metadata service in '{Mark.Display(argument)}'");
        }

        if (Mining.IsPool(argument))
        {
            findings.Add(ScriptRules.MinerPool, command.Line, $"mining pool or wallet '{Mark.Display(argument, 40)}'");
        }
        else if (Mining.IsOption(argument) && command.Name is not ("grep" or "sed"))
        {
            findings.Add(ScriptRules.MinerTool, command.Line, $"option of a miner, '{Mark.Display(argument, 40)}'");
        }
        else if (argument.AsSpan().IndexOfAny(' ', '\n') < 0 && IsUrl(argument) && !ForbiddenTools.TryGet(command.Name, out _))
        {
            findings.Add(ScriptRules.NetworkAddress, command.Line, $"address '{Mark.Display(argument)}'");
        }
    }

    /// <summary>Endless devices must be read by something that stops.</summary>
    private void JudgeEndlessInput(Command command)
    {
        var endless = command.Name is "cat" or "tail" or "tac" or "md5sum" or "sha1sum" or "sha224sum" or "sha256sum" or "sha384sum" or "sha512sum"
            or "cksum" or "b2sum" or "gzip" or "bzip2" or "xz" or "sort" or "wc" or "base64" or "strings" or "tee" or "cp";
        if (!endless || !command.Arguments.Any(IsEndless) || command.Invocation.Downstream.Any(d => d is "head" or "dd" or "timeout" or "sed" or "awk" or "fold" or "read"))
        {
            return;
        }

        if (command.Invocation.Outputs.Any(o => !o.Path.StartsWith("/dev/", StringComparison.Ordinal)) || command.Name is "sort" or "tac" or "tail" or "cp")
        {
            findings.Add(ScriptRules.Fill, command.Line, $"'{command.Name}' on an endless device");
        }
        else
        {
            findings.Add(ScriptRules.Stress, command.Line, $"'{command.Name}' on an endless device");
        }
    }

    /// <summary>All files there are, or all of somebody's.</summary>
    private static bool IsEverything(string path) =>
        path[^1] == Mark.Star && path.AsSpan(0, path.Length - 1).TrimEnd('/') is "" or "/home" or "/root" or "/etc" or "/proc" or "/var";

    private static bool IsEndless(string argument) => argument is "/dev/zero" or "/dev/urandom" or "/dev/random" or "/dev/full";

    private bool IsHarmlessUse(Command command)
    {
        var arguments = command.Arguments;
        var isOwn = command.Path.Contains('/', StringComparison.Ordinal) && command.Path[0] is not '/' && !command.Path.StartsWith("..", StringComparison.Ordinal);
        return arguments is ["--version" or "-V" or "--help" or "-version"]
            || (isOwn && Ambiguous.Contains(command.Name))
            || (command.Name is "mount" && arguments.Count == 0)
            || (command.Name is "shred" && command.Operands.Any() && command.Operands.All(IsOwnFile))
            || (command.Name is "dpkg" or "rpm" && arguments is [['-', 'l' or 'q' or 's' or 'L' or 'S', ..], ..])
            || (command.Name is "aws" or "az" or "gh" or "oc" or "http" && arguments.Count == 0);
    }

    /// <summary>One file by its name, in a directory of the job's.</summary>
    private bool IsOwnFile(string path) => !Mark.HasGlob(path) && Paths.PlaceOf(Paths.Normalize(path, shell.Directory)) == Place.Own;

    private static bool IsSelf(Command command) =>
        IsScript(command.Path) || (command.Name is "bash" or "sh" or "source" or "." && command.Arguments is [var file, ..] && IsScript(file));

    private static bool IsScript(string file) => file is "./run.sh" or "run.sh" or [Mark.Job, '/', 'r', 'u', 'n', '.', 's', 'h'];

    private static bool IsSocket(string target) =>
        target.StartsWith("/dev/tcp/", StringComparison.Ordinal) || target.StartsWith("/dev/udp/", StringComparison.Ordinal)
        || target.StartsWith("/inet/", StringComparison.Ordinal) || Mark.Strip(target).StartsWith("/dev/tcp/", StringComparison.Ordinal);

    private static bool IsHarmlessDevice(string path) =>
        path is "/dev/null" or "/dev/zero" or "/dev/full" or "/dev/random" or "/dev/urandom" or "/dev/stdin" or "/dev/stdout" or "/dev/stderr" or "/dev/tty" or "/dev/shm" or "/dev/fd"
        || path.StartsWith("/dev/shm/", StringComparison.Ordinal) || path.StartsWith("/dev/fd/", StringComparison.Ordinal);

    internal static bool IsRawDevice(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && path.Length > 7
        && (path.AsSpan(5) is "mem" or "kmem" or "port" || path[5..7] is "sd" or "hd" or "vd" or "nv" or "xv" or "dm" or "md" or "mm" or "lo" or "ma" or "di" or "ra" or "in" or "sg" or "km")
        && path is not ("/dev/log" or "/dev/random") && !path.StartsWith("/dev/nvidia", StringComparison.Ordinal) && !path.StartsWith("/dev/infiniband", StringComparison.Ordinal);

    private static bool IsHistory(string path) =>
        path.EndsWith("/.bash_history", StringComparison.Ordinal) || path.EndsWith("/.zsh_history", StringComparison.Ordinal) || path.EndsWith("/.history", StringComparison.Ordinal)
        || path.StartsWith("/var/log", StringComparison.Ordinal) || path is "/run/utmp" or "/var/run/utmp";

    private static bool IsTemporaryRoot(string path) => path is "/tmp" or "/var/tmp" or "/scratch";

    private static bool IsUrl(string argument)
    {
        var at = argument.IndexOf("://", StringComparison.Ordinal);
        return at > 1 && (argument.AsSpan(0, at).EndsWith("http") || argument.AsSpan(0, at).EndsWith("https") || argument.AsSpan(0, at).EndsWith("ftp")
            || argument.AsSpan(0, at).EndsWith("s3") || argument.AsSpan(0, at).EndsWith("gs") || argument.AsSpan(0, at).EndsWith("ssh") || argument.AsSpan(0, at).EndsWith("git"));
    }
}
