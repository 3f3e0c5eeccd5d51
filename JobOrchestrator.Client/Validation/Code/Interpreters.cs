using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Programs that run code given in the script.</summary>
internal static class Interpreters
{
    public static readonly Language Python = new("Python") { HasPlainAssignments = true, CodeOptions = ["-c"], ValueOptions = ["-W", "-X"] };
    public static readonly Language C = new("C") { Comment = "//" };
    public static readonly Language Go = new("Go") { Comment = "//", Extensions = [".go"] };
    public static readonly Language Rust = new("Rust") { Comment = "//", Extensions = [".rs"], HasLifetimes = true };
    public static readonly Language Java = new("Java") { Comment = "//", Extensions = [".java", ".jsh", ".scala", ".sc", ".kt", ".kts", ".groovy"], CodeOptions = ["-e"] };
    public static readonly Language Fortran = new("Fortran") { Comment = "!", Extensions = [".f", ".for", ".f90", ".f95", ".f03", ".f08"] };
    public static readonly Language Vim = new("Vim");
    private static readonly Language Perl = new("Perl") { CodeOptions = ["-e", "-E"], BackticksRun = true, ValueOptions = ["-I"] };
    private static readonly Language Ruby = new("Ruby") { CodeOptions = ["-e"], BackticksRun = true, ValueOptions = ["-r", "-I"] };
    private static readonly Language Node = new("JavaScript") { HasPlainAssignments = true, Comment = "//", CodeOptions = ["-e", "--eval", "-p", "--print", "-pe", "eval"], ValueOptions = ["-r", "--require"] };
    private static readonly Language Php = new("PHP") { Comment = "//", CodeOptions = ["-r", "--run"], BackticksRun = true, ValueOptions = ["-d", "-S"] };
    private static readonly Language Awk = new("awk") { ProgramFirst = true, ReadsInput = false, ValueOptions = ["-F", "-v", "--assign", "--field-separator", "-i"] };
    private static readonly Language R = new("R") { CodeOptions = ["-e"], ValueOptions = ["-f"] };
    private static readonly Language Julia = new("Julia") { CodeOptions = ["-e", "--eval", "-E"], BackticksRun = true, ValueOptions = ["-t", "-p"] };
    private static readonly Language Lua = new("Lua") { HasPlainAssignments = true, Comment = "--", CodeOptions = ["-e"], ValueOptions = ["-l"] };
    private static readonly Language Tcl = new("Tcl") { ValueOptions = [] };
    private static readonly Language Expect = new("Expect") { CodeOptions = ["-c"], ValueOptions = ["-f"] };
    private static readonly Language Octave = new("Octave") { Comment = "%", CodeOptions = ["--eval", "-r", "-batch"] };
    private static readonly Language Gnuplot = new("gnuplot") { CodeOptions = ["-e"] };
    private static readonly Language PowerShell = new("PowerShell") { CodeOptions = ["-c", "-Command", "-command"] };

    /// <summary>The language a program of that name runs, null when it is none of these.</summary>
    public static Language? Find(ReadOnlySpan<char> name)
    {
        // python3.11, perl5.36, lua5.4, ruby3.2
        var plain = name.TrimEnd("0123456789.");
        return plain switch
        {
            "python" or "pypy" or "ipython" or "jython" or "micropython" or "cpython" => Python,
            "perl" => Perl,
            "ruby" or "jruby" or "irb" => Ruby,
            "node" or "nodejs" or "deno" or "bun" or "qjs" => Node,
            "php" or "php-cli" => Php,
            "awk" or "gawk" or "mawk" or "nawk" or "original-awk" => Awk,
            "R" or "Rscript" or "littler" => R,
            "julia" => Julia,
            "lua" or "luajit" => Lua,
            "tclsh" or "wish" or "jimsh" => Tcl,
            "expect" => Expect,
            "octave" or "matlab" or "octave-cli" => Octave,
            "gnuplot" => Gnuplot,
            "pwsh" or "powershell" => PowerShell,
            "jshell" or "groovy" or "scala" or "kotlin" => Java,
            _ => null,
        };
    }

    /// <summary>The code among a command's arguments; null when it has none there.</summary>
    public static string? CodeOf(Command command, Language language)
    {
        var arguments = command.Arguments;
        if (language.ProgramFirst)
        {
            return command.Arguments.Any(a => a is "-f" or "--file") ? null : FirstOperand(command, language);
        }

        var code = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            foreach (var option in language.CodeOptions)
            {
                if (argument == option && i + 1 < arguments.Count)
                {
                    code.Add(arguments[++i]);
                    break;
                }

                if (option.StartsWith("--", StringComparison.Ordinal) && argument.StartsWith(option + "=", StringComparison.Ordinal))
                {
                    code.Add(argument[(option.Length + 1)..]);
                    break;
                }

                // -ne, -lane, -Sc: letters that end in the one that takes code; -c'…' has it attached
                if (option.Length == 2 && argument.Length > 2 && argument[0] == '-' && argument[1] != '-')
                {
                    if (argument[^1] == option[1] && argument.Length < 8 && argument.AsSpan(1).IndexOfAnyExceptInRange('A', 'z') < 0 && i + 1 < arguments.Count)
                    {
                        code.Add(arguments[++i]);
                        break;
                    }

                    if (argument[1] == option[1])
                    {
                        code.Add(argument[2..]);
                        break;
                    }
                }
            }

            if (code.Count == 0 && argument.Length > 0 && argument[0] != '-')
            {
                break; // from here on the arguments are the program's
            }

            if (code.Count == 0 && language.ValueOptions.Contains(argument))
            {
                i++;
            }
        }

        return code.Count == 0 ? null : string.Join('\n', ImportsOf(command).Concat(code));
    }

    /// <summary>The file that it runs.</summary>
    public static string? FileOf(Command command, Language language) =>
        command.Arguments.Contains("-m") && language == Python ? "" :
        command.ValueOf("-f", "--file") ?? FirstOperand(command, language);

    /// <summary>Modules loaded by options: <c>perl -MIO::Socket</c>, <c>ruby -rsocket</c>.</summary>
    private static IEnumerable<string> ImportsOf(Command command) =>
        command.Arguments.Where(a => a.StartsWith("-M", StringComparison.Ordinal) || (a.StartsWith("-r", StringComparison.Ordinal) && command.Name.StartsWith("ruby", StringComparison.Ordinal)))
            .Select(a => "use " + a[2..].Split('=')[0] + ";");

    private static string? FirstOperand(Command command, Language language)
    {
        for (var i = 0; i < command.Arguments.Count; i++)
        {
            var argument = command.Arguments[i];
            if (language.ValueOptions.Contains(argument))
            {
                i++;
            }
            else if (argument == "-" || (argument.Length > 0 && argument[0] != '-'))
            {
                return argument;
            }
        }

        return null;
    }
}
