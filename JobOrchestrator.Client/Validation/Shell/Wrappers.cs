using System.Collections.Frozen;
using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Commands that run another command which stands among their arguments.</summary>
internal static class Wrappers
{
    private static readonly FrozenDictionary<string, Wrapper> All = new Dictionary<string, Wrapper>(StringComparer.Ordinal)
    {
        ["command"] = new(""),
        ["builtin"] = new(""),
        ["exec"] = new("a"),
        ["coproc"] = new(""),
        ["noglob"] = new(""),
        ["nocorrect"] = new(""),
        ["nohup"] = new(""),
        ["time"] = new("fo", "--format", "--output"),
        ["timeout"] = new("ks", "--signal", "--kill-after") { Positional = 1 },
        ["gtimeout"] = new("ks") { Positional = 1 },
        ["nice"] = new("n", "--adjustment"),
        ["ionice"] = new("cnt"),
        ["chrt"] = new("TPD") { Positional = 1 },
        ["taskset"] = new("") { Positional = 1 },
        ["numactl"] = new("imNCpl"),
        ["stdbuf"] = new("ioe", "--input", "--output", "--error"),
        ["setsid"] = new(""),
        ["env"] = new("uCS", "--unset", "--chdir") { Assignments = true },
        ["sudo"] = new("ugUpCrtTDRhc", "--user", "--group") { Assignments = true },
        ["doas"] = new("uC"),
        ["gosu"] = new("") { Positional = 1 },
        ["busybox"] = new(""),
        ["toybox"] = new(""),
        ["strace"] = new("oepsEPuaISO"),
        ["ltrace"] = new("oepsanul"),
        ["valgrind"] = new(""),
        ["catchsegv"] = new(""),
        ["unbuffer"] = new(""),
        ["xvfb-run"] = new("nsefwp", "--server-args", "--server-num"),
        ["dbus-run-session"] = new(""),
        ["ssh-agent"] = new("act"),
        ["setarch"] = new("") { Positional = 1 },
        ["linux32"] = new(""),
        ["linux64"] = new(""),
        ["prlimit"] = new("p"),
        ["cpulimit"] = new("lpe", "--limit"),
        ["chronic"] = new(""),
        ["ifne"] = new(""),
        ["eatmydata"] = new(""),
        ["fakeroot"] = new(""),
        ["faketime"] = new("") { Positional = 1 },
        ["tini"] = new(""),
        ["dumb-init"] = new(""),
        ["unshare"] = new(""),
        ["nsenter"] = new("tSGW", "--target"),
        ["chroot"] = new("") { Positional = 1 },
        ["proot"] = new("rbw"),
        ["torsocks"] = new(""),
        ["proxychains"] = new("f"),
        ["proxychains4"] = new("f"),
        ["systemd-run"] = new("pu"),
        ["watch"] = new("ndt", "--interval"),
        ["mpirun"] = Mpi(),
        ["mpiexec"] = Mpi(),
        ["mpiexec.hydra"] = Mpi(),
        ["orterun"] = Mpi(),
        ["prun"] = Mpi(),
        ["srun"] = Mpi(),
        ["aprun"] = Mpi(),
        ["ibrun"] = Mpi(),
        ["jsrun"] = Mpi(),
        ["perf"] = new("eorFaC") { Positional = 1 },
        ["flock"] = new("wEc", "--timeout", "--conflict-exit-code") { Positional = 1 },
        ["gdb"] = new("xp") { Requires = "--args" },
        ["conda"] = new("np", "--name", "--prefix") { Subcommand = "run" },
        ["mamba"] = new("np", "--name", "--prefix") { Subcommand = "run" },
        ["micromamba"] = new("np", "--name", "--prefix") { Subcommand = "run" },
        ["poetry"] = new("") { Subcommand = "run" },
        ["pipenv"] = new("") { Subcommand = "run" },
        ["apptainer"] = new("BHW", "--bind", "--home", "--pwd", "--env", "--workdir", "--overlay") { Subcommand = "exec", Positional = 1 },
        ["singularity"] = new("BHW", "--bind", "--home", "--pwd", "--env", "--workdir", "--overlay") { Subcommand = "exec", Positional = 1 },
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Names => All.Keys;

    /// <summary>The command inside, or null when this is no such command, or has none inside.</summary>
    public static List<string>? Unwrap(Command command, ShellInterpreter shell)
    {
        if (command.Name.StartsWith("ld-linux", StringComparison.Ordinal) || command.Name.StartsWith("ld.so", StringComparison.Ordinal))
        {
            return NonEmpty(Skip(command.Arguments, new Wrapper("", "--library-path", "--preload", "--argv0"), shell));
        }

        if (!All.TryGetValue(command.Name, out var wrapper))
        {
            return null;
        }

        if (command.Name == "env" && SplitString(command) is { } split)
        {
            return split;
        }

        if (command.Name == "flock" && command.ValueOf("-c", "--command") is { } text)
        {
            shell.RunText(text, command.Line);
            return null;
        }

        var arguments = command.Arguments;
        if (wrapper.Requires is { } required)
        {
            var at = arguments.ToList().IndexOf(required);
            return at < 0 ? null : NonEmpty([.. arguments.Skip(at + 1)]);
        }

        if (wrapper.Subcommand is { } subcommand)
        {
            if (arguments is not [var first, ..] || first != subcommand)
            {
                return null;
            }

            arguments = [.. arguments.Skip(1)];
        }

        return NonEmpty(Skip(arguments, wrapper, shell));
    }

    private static Wrapper Mpi() => new("ncNxHpgmwtJA", "-np", "--np", "-ppn", "-hostfile", "--hostfile", "-machinefile", "--machinefile", "-host", "--host", "-wdir",
        "--bind-to", "-bind-to", "--map-by", "-map-by", "--rank-by", "-env", "-genvlist", "-npernode", "--npernode", "-perhost", "--mca", "-mca", "--oversubscribe-limit");

    private static List<string>? NonEmpty(List<string> fields) => fields.Count == 0 ? null : fields;

    private static List<string>? SplitString(Command command)
    {
        for (var i = 0; i < command.Arguments.Count; i++)
        {
            var argument = command.Arguments[i];
            var text = argument == "-S" || argument == "--split-string" || (argument.StartsWith('-') && !argument.StartsWith("--", StringComparison.Ordinal) && argument.EndsWith('S'))
                ? i + 1 < command.Arguments.Count ? command.Arguments[i + 1] : ""
                : argument.StartsWith("-S", StringComparison.Ordinal) ? argument[2..]
                : argument.StartsWith("--split-string=", StringComparison.Ordinal) ? argument[15..] : null;
            if (text is not null)
            {
                return ["env", .. TextTools.SplitQuoted(text), .. command.Arguments.Skip(i + 2)];
            }
        }

        return null;
    }

    private static List<string> Skip(IReadOnlyList<string> arguments, Wrapper wrapper, ShellInterpreter shell)
    {
        var i = 0;
        var positional = wrapper.Positional;
        for (; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                i++;
                break;
            }

            if (argument.Length > 1 && argument[0] == '-')
            {
                i += TakesValue(argument, wrapper) ? 1 : 0;
            }
            else if (wrapper.Assignments && argument.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && IsName(argument.AsSpan(0, equals)))
            {
                shell.SetFromOutside(argument[..equals], argument[(equals + 1)..]);
            }
            else if (positional-- <= 0)
            {
                break;
            }
        }

        // Positions before a "--" that came early are still to be skipped.
        return [.. arguments.Skip(i + (i > 0 && i <= arguments.Count && arguments[i - 1] == "--" ? Math.Max(0, positional) : 0))];
    }

    private static bool TakesValue(string option, Wrapper wrapper) =>
        wrapper.Long.Contains(option) || (option[1] != '-' && option.Length == 2 && wrapper.Short.Contains(option[1]));

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }
}
