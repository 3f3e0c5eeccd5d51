using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Commands;

/// <content>Programs that are fine in one use and not in another: version control, packages, containers, settings.</content>
internal sealed partial class CommandRules
{
    private void JudgeSystem(Command command)
    {
        var arguments = command.Arguments;
        var verb = arguments.FirstOrDefault(a => a.Length > 0 && a[0] != '-') ?? "";
        switch (command.Name)
        {
            case "git":
                JudgeGit(command);
                break;
            case "svn" when verb is "checkout" or "co" or "update" or "up" or "export" or "commit" or "ci" or "import" or "switch":
            case "hg" or "bzr" or "darcs" or "fossil" when verb is "clone" or "pull" or "push" or "branch" or "checkout" && !IsLocal(command, verb):
            case "cvs" or "p4":
            case "gpg" or "gpg2" when command.Has("--recv-keys", "--keyserver", "--send-keys", "--refresh-keys"):
            case "openssl" when verb is "s_client" or "s_server" or "s_time" or "ocsp":
            case "dvc" when verb is "pull" or "push" or "fetch":
            case "huggingface-cli" or "kaggle" or "gdown" or "prefetch" or "wandb" or "datalad":
                findings.Add(ScriptRules.NetworkRemote, command.Line, $"'{command.Name} {Mark.Display(verb)}' goes over the network", command.Name);
                break;
            case "psql" or "pg_dump" or "pg_dumpall" or "pg_restore" or "createdb" or "dropdb" or "mysql" or "mysqldump" or "mysqladmin" or "mysqlimport" or "mariadb" or "mariadb-dump"
                or "mongo" or "mongosh" or "mongodump" or "mongorestore" or "mongoexport" or "mongoimport" or "redis-cli" or "valkey-cli" or "cqlsh" or "clickhouse-client" or "influx" or "sqlcmd":
                JudgeDatabaseClient(command);
                break;
            case "rsync":
                JudgeRsync(command);
                break;
            case "pip" or "pip2" or "pip3" or "pipx" or "uv" or "easy_install":
                JudgePip(command, verb);
                break;
            case "python" or "python3" or "python2" when command.ValueOf("-m") is { } module:
                JudgePythonModule(command, module);
                break;
            case "R" when arguments is ["CMD", "INSTALL", ..] && arguments.Any(a => a.Contains("://", StringComparison.Ordinal)):
                findings.Add(ScriptRules.NetworkRemote, command.Line, "'R CMD INSTALL' from an address", "R");
                break;
            case "man" when command.ValueOf("-P", "--pager") is { } pager:
                RunText(command, pager);
                break;
            case "php" when command.Has("-S"):
                findings.Add(ScriptRules.NetworkInline, command.Line, "a web server of PHP");
                break;
            case "deno" or "bun" when command.Operands.Any(o => o.StartsWith("http", StringComparison.Ordinal) && o.Contains("://", StringComparison.Ordinal)):
                findings.Add(ScriptRules.NetworkRemote, command.Line, $"'{command.Name}' runs a program from the network");
                break;
            case "conda" or "mamba" or "micromamba" when verb is "install" or "create" or "update" or "upgrade" && !command.Has("--offline"):
            case "conda" or "mamba" or "micromamba" when verb is "env" && (arguments.Contains("create") || arguments.Contains("update")) && !command.Has("--offline"):
            case "poetry" or "pipenv" or "pdm" when verb is "add" or "install" or "update" or "sync":
            case "npm" or "yarn" or "pnpm" or "bun" when verb is "install" or "i" or "add" or "ci" or "update" && !command.Has("--offline"):
            case "npx" or "cpan" or "cpanm" or "ghcup" or "rustup" or "opam" or "cabal" or "nimble" or "luarocks":
            case "gem" or "cargo" or "brew" or "composer" or "spack" or "guix" when verb is "install" or "add" or "fetch" or "update" or "require" && !command.Has("--offline", "--local", "--path"):
            case "go" when verb is "get" or "install":
            case "snap" when verb is "install" or "refresh" or "remove":
                JudgePackages(command, verb);
                break;
            case "apptainer" or "singularity" or "charliecloud" or "ch-run" or "udocker" or "shifter" or "sarus" or "enroot":
                JudgeImage(command, verb);
                break;
            case "sysctl" when command.HasFlag('w') || command.HasFlag('p') || command.Has("--system", "--write", "--load") || command.Operands.Any(o => o.Contains('=', StringComparison.Ordinal)):
            case "swapoff" or "dmsetup" or "perf" when command.Name is "swapoff" || command.HasFlag('p'):
                findings.Add(ScriptRules.Kernel, command.Line, $"'{command.Name}' changes or watches the system", command.Name);
                break;
            case "xhost" when arguments.Any(a => a.StartsWith('+')):
            case "ip" when arguments.Any(a => a is "add" or "set" or "del" or "delete" or "flush" or "netns" or "replace"):
            case "ifconfig" or "route" when arguments.Count > 1:
            case "date" when SetsClock(command):
            case "busctl" or "dbus-send" or "gdbus" or "rfkill" or "setterm" or "chvt" or "mesg":
            case "hostname" when command.Operands.Any():
                findings.Add(ScriptRules.Service, command.Line, $"'{command.Name}' changes the machine", command.Name);
                break;
            case "history" when command.HasFlag('c') || command.HasFlag('d') || command.HasFlag('w'):
            case "journalctl" when arguments.Any(a => a.StartsWith("--vacuum", StringComparison.Ordinal) || a is "--rotate" or "--flush"):
            case "set" when arguments is ["+o", "history", ..]:
            case "shopt" when command.Has("history", "histappend") && command.HasFlag('u'):
            case "unset" when command.Has("HISTFILE", "HISTSIZE"):
            case "logrotate":
                findings.Add(ScriptRules.Traces, command.Line, $"'{command.Name} {Mark.Display(string.Join(' ', arguments), 40)}'");
                break;
            case "openssl" when verb == "speed" && command.Has("-multi"):
                findings.Add(ScriptRules.Stress, command.Line, "'openssl speed' on many cores");
                break;
            case "ssh-add" or "secret-tool" or "keyctl" or "kwallet-query" or "john" or "hashcat" or "unshadow" or "pass" or "mimipenguin" or "lsassy":
            case "getent" when verb is "shadow" or "gshadow":
            case "gpg" or "gpg2" when command.Has("--export-secret-keys", "--export-secret-subkeys"):
                findings.Add(ScriptRules.SecretFile, command.Line, $"'{command.Name}' works on keys and passwords", command.Name);
                break;
            case "gcc" or "cc" or "g++" or "clang" or "tcc" or "clang++" or "c++":
                JudgeCompiled(command, Code.Interpreters.C);
                break;
            case "go":
                JudgeCompiled(command, Code.Interpreters.Go);
                break;
            case "rustc":
                JudgeCompiled(command, Code.Interpreters.Rust);
                break;
            case "java" or "javac" or "scalac" or "kotlinc":
                JudgeCompiled(command, Code.Interpreters.Java);
                break;
            case "gfortran" or "ifort" or "ifx" or "flang":
                JudgeCompiled(command, Code.Interpreters.Fortran);
                break;
        }
    }

    private void JudgeGit(Command command)
    {
        var operands = new List<string>();
        for (var i = 0; i < command.Arguments.Count; i++)
        {
            var argument = command.Arguments[i];
            if (argument is "-c" && i + 1 < command.Arguments.Count && command.Arguments[i + 1].IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                JudgeGitSetting(command, command.Arguments[i + 1][..equals], command.Arguments[i + 1][(equals + 1)..]);
            }

            if (argument is "-C" or "-c" or "--git-dir" or "--work-tree" or "-b" or "--branch" or "--depth" or "-o" or "-j")
            {
                i++;
            }
            else if (argument.Length > 0 && argument[0] != '-')
            {
                operands.Add(argument);
            }
        }

        if (operands is ["config", var key, var setting, ..])
        {
            JudgeGitSetting(command, key, setting);
        }

        var remote = operands switch
        {
            ["clone", .. var places] => places.Exists(IsRemote),
            ["pull" or "push" or "fetch" or "ls-remote", ..] => operands.Count == 1 || !IsLocalSource(operands[1]),
            ["remote", "update" or "add", ..] => operands[1] == "update" || operands.Skip(3).Any(IsRemote),
            ["submodule", "update" or "add", ..] => true,
            ["lfs", "pull" or "fetch" or "push", ..] => true,
            ["archive" or "send-email" or "svn", ..] => operands[0] != "archive" || command.Arguments.Any(a => a.StartsWith("--remote", StringComparison.Ordinal)),
            _ => false,
        };
        if (remote)
        {
            findings.Add(ScriptRules.NetworkRemote, command.Line, $"'git {operands[0]}' goes over the network", "git");
        }
    }

    /// <summary>Settings whose value is a command.</summary>
    private void JudgeGitSetting(Command command, string key, string value)
    {
        if (command.Has("--global", "--system") && (value.StartsWith('!') || key.ToLowerInvariant() is "core.hookspath" or "init.templatedir" or "core.fsmonitor" or "core.sshcommand"))
        {
            findings.Add(ScriptRules.StartupFile, command.Line, $"'git config' runs '{Mark.Display(value)}' in every repository of this user");
        }

        if (value.StartsWith('!') || key.ToLowerInvariant() is "core.pager" or "core.editor" or "core.sshcommand" or "core.fsmonitor" or "core.askpass" or "diff.external" or "sequence.editor" or "gpg.program"
            || key.StartsWith("pager.", StringComparison.OrdinalIgnoreCase) || (key.StartsWith("filter.", StringComparison.OrdinalIgnoreCase) && key[^1] is not 'd'))
        {
            RunText(command, value.TrimStart('!'));
        }
    }

    private void JudgeRsync(Command command)
    {
        if (command.Operands.Any(IsRemote) || command.Has("--daemon", "--rsh") || (command.Has("-e") && command.Operands.Any(o => o.Contains(':', StringComparison.Ordinal))))
        {
            findings.Add(ScriptRules.NetworkRemote, command.Line, "'rsync' with another machine", "rsync");
        }

        if (command.ValueOf("-e", "--rsh") is { } program && !program.StartsWith("ssh", StringComparison.Ordinal))
        {
            RunText(command, program);
        }

        var places = command.Operands.Where(o => !IsRemote(o)).ToList();
        if (command.Arguments.Any(a => a.StartsWith("--delete", StringComparison.Ordinal) || a == "--del") && places.Count > 1)
        {
            JudgeDelete(command, places[^1], recursive: true); // what the source does not have is deleted there
        }

        if (command.Has("--remove-source-files"))
        {
            foreach (var source in places.SkipLast(1))
            {
                JudgeDelete(command, source, recursive: true);
            }
        }

        JudgeCopy(command);
    }

    /// <summary>Database clients work on this machine's files and sockets as well as over the network; which, says the host.</summary>
    private void JudgeDatabaseClient(Command command)
    {
        var host = (command.Name is "sqlcmd" ? command.ValueOf("-S", "--server") : command.ValueOf("-h", "--host"))
            ?? command.Arguments.FirstOrDefault(a => a.StartsWith("-h", StringComparison.Ordinal) && a.Length > 2 && !a.StartsWith("--", StringComparison.Ordinal))?[2..];
        var address = command.Arguments.FirstOrDefault(a => !a.Contains(' ', StringComparison.Ordinal) && a.IndexOf("://", StringComparison.Ordinal) > 0);
        if ((host is { Length: > 0 } && !IsThisMachine(host)) || (address is not null && !IsThisMachine(HostOf(address))))
        {
            findings.Add(ScriptRules.NetworkRemote, command.Line, $"'{command.Name}' with a database on another machine", command.Name);
        }
    }

    /// <summary>The host of <c>scheme://user:password@host:port/path</c>.</summary>
    private static string HostOf(string address)
    {
        var rest = address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('/', '?')[0];
        return rest[(rest.LastIndexOf('@') + 1)..];
    }

    /// <summary>A name of this machine, a socket's path, or nothing that can be known.</summary>
    private static bool IsThisMachine(string host) =>
        host.Length == 0 || host[0] is '/' or '.' || Mark.IsMark(host[0]) || host.Split(':')[0] is "localhost" or "localhost.localdomain" or "(local)"
        || host.StartsWith("127.", StringComparison.Ordinal) || host.StartsWith("::1", StringComparison.Ordinal) || host.StartsWith("[::1]", StringComparison.Ordinal);

    /// <summary><c>-s</c>, alone or behind letters that take no value: in <c>-Is</c> it is one.</summary>
    private static bool SetsClock(Command command)
    {
        var takesValue = false;
        foreach (var argument in command.Arguments)
        {
            var letters = !takesValue && argument is ['-', not '-', ..] ? argument.AsSpan(1) : [];
            takesValue = false;
            if (argument.StartsWith("--set", StringComparison.Ordinal))
            {
                return true;
            }

            var end = letters.IndexOfAny("sdfrI");
            if (end >= 0 && letters[end] == 's')
            {
                return true;
            }

            takesValue = end >= 0 && end == letters.Length - 1 && letters[end] != 'I';
        }

        return false;
    }

    private void JudgePip(Command command, string verb)
    {
        if (command.Name == "uv" && verb == "run")
        {
            return;
        }

        var installs = command.Arguments.Any(a => a is "install" or "download" or "wheel" or "add" or "sync") || command.Name == "easy_install";
        if (!installs || command.Has("--no-index", "--offline"))
        {
            return;
        }

        if (command.Arguments.Any(a => a.Contains("://", StringComparison.Ordinal) || a.StartsWith("git+", StringComparison.Ordinal)) || command.Has("-i", "--index-url", "--extra-index-url"))
        {
            findings.Add(ScriptRules.NetworkRemote, command.Line, $"'{command.Name} install' from an address", command.Name);
        }
        else if (command.Operands.Skip(command.Name == "easy_install" ? 0 : 1).Any(o => !IsLocalSource(o) && !o.EndsWith(".whl", StringComparison.Ordinal) && !o.EndsWith(".tar.gz", StringComparison.Ordinal)) || command.Has("-r", "--requirement"))
        {
            findings.Add(ScriptRules.NetworkPackages, command.Line, $"'{command.Name} install'", command.Name);
        }
    }

    private void JudgePackages(Command command, string verb)
    {
        if (command.Arguments.Any(a => a.Contains("://", StringComparison.Ordinal)))
        {
            findings.Add(ScriptRules.NetworkRemote, command.Line, $"'{command.Name} {Mark.Display(verb)}' from an address", command.Name);
        }
        else
        {
            findings.Add(ScriptRules.NetworkPackages, command.Line, $"'{command.Name} {Mark.Display(verb)}'", command.Name);
        }
    }

    private void JudgePythonModule(Command command, string module)
    {
        var at = command.Arguments.ToList().IndexOf("-m");
        switch (module)
        {
            case "pip" or "pip3" or "easy_install":
                JudgePip(new Command { Name = "pip", Path = "pip", Arguments = [.. command.Arguments.Skip(at + 2)], Invocation = command.Invocation }, "");
                break;
            case "http.server" or "SimpleHTTPServer" or "smtpd" or "smtplib" or "ftplib" or "telnetlib" or "urllib.request" or "webbrowser" or "pyftpdlib" or "twisted" or "aiosmtpd" or "wget" or "httpx" or "flask" or "uvicorn" or "gunicorn":
                findings.Add(ScriptRules.NetworkInline, command.Line, $"Python module '{module}'");
                break;
        }
    }

    private void JudgeImage(Command command, string verb)
    {
        if (verb is "pull" or "push" or "build" or "import" or "download" || command.Arguments.Any(a => a.StartsWith("docker:", StringComparison.Ordinal) || a.Contains("docker://", StringComparison.Ordinal)
            || a.StartsWith("library://", StringComparison.Ordinal) || a.StartsWith("shub://", StringComparison.Ordinal) || a.StartsWith("oras://", StringComparison.Ordinal) || a.StartsWith("http", StringComparison.Ordinal)))
        {
            findings.Add(ScriptRules.NetworkRemote, command.Line, $"'{command.Name} {Mark.Display(verb)}' fetches an image", command.Name);
        }
        else if (verb is "exec" or "run" or "shell" or "instance" or "test" || command.Name is not ("apptainer" or "singularity"))
        {
            findings.Add(ScriptRules.ContainerImage, command.Line, $"'{command.Name} {Mark.Display(verb)}'", command.Name);
        }
    }

    /// <summary>Programs that the script writes and compiles itself.</summary>
    private void JudgeCompiled(Command command, Code.Language language)
    {
        foreach (var operand in command.Operands.Where(language.MayBeIn))
        {
            if (shell.Files.TryRead(Paths.Normalize(operand, shell.Directory), out var text, out var line))
            {
                shell.CheckCode(text, language, line == 0 ? command.Line : line, command);
            }
        }

        if (command.Arguments.Contains("-") && command.Invocation.Input is { } input)
        {
            shell.CheckCode(input, language, command.Invocation.InputLine == 0 ? command.Line : command.Invocation.InputLine, command);
        }
    }

    private static bool IsLocal(Command command, string verb) => command.Operands.SkipWhile(o => o != verb).Skip(1).Any(IsLocalSource);

    private static bool IsLocalSource(string source) =>
        source.Length > 0 && (source[0] is '.' or '/' or Mark.Unknown or Mark.Job or Mark.Scratch or Mark.Home) && !source.Contains("://", StringComparison.Ordinal) || source.StartsWith("file://", StringComparison.Ordinal);

    /// <summary><c>host:path</c>, <c>user@host:path</c>, <c>host::module</c>, <c>scheme://…</c></summary>
    private static bool IsRemote(string place)
    {
        if (place.Contains("://", StringComparison.Ordinal))
        {
            return !place.StartsWith("file://", StringComparison.Ordinal);
        }

        var colon = place.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && place.AsSpan(0, colon).IndexOf('/') < 0;
    }
}
