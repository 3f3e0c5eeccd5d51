using System.Collections.Frozen;
using System.Text;
using JobOrchestrator.Client.Validation.Commands;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>What programs print, where that follows from what is known.</summary>
internal static class KnownText
{
    private const string Unknown = Mark.UnknownText;
    private const string Hidden = "\uFDD1";
    private const int MaxText = 1 << 16;

    /// <summary>Programs that make text of text; of a constant they make something that is hidden from the reader.</summary>
    private static readonly FrozenSet<string> Transformers = FrozenSet.Create(
        StringComparer.Ordinal, "sed", "gsed", "tr", "cut", "fold", "od", "hexdump", "xxd", "openssl", "paste", "column", "fmt", "uudecode", "gpg", "dc", "base64",
        "base32", "basenc", "jq", "iconv", "recode", "ascii2uni", "rot13", "caesar", "awk", "gawk", "mawk");

    private static readonly FrozenSet<string> Decompressors = FrozenSet.Create(
        StringComparer.Ordinal, "zcat", "gunzip", "gzip", "xzcat", "unxz", "xz", "bzcat", "bunzip2", "bzip2", "zstdcat", "unzstd", "zstd", "lz4", "lz4cat", "brotli", "uncompress", "zlib-flate", "pigz", "unpigz", "uudecode");

    public static string OutputOf(Command command, KnownFiles files, string directory)
    {
        if (!command.Invocation.OutputMatters)
        {
            return Unknown;
        }

        var arguments = command.Arguments;
        switch (command.Name)
        {
            case "echo":
                return Echo(arguments);
            case "printf":
                return Printf(arguments);
            case "true" or ":" or "false" or "sleep" or "wait" or "mkdir" or "touch" or "rm" or "cp" or "mv" or "chmod" or "test" or "[":
                return "";
            case "conda" or "mamba" or "micromamba" or "module" or "modulecmd" or "lmod" or "direnv" or "brew" or "pyenv" or "rbenv" or "dircolors" or "spack" or "register-python-argcomplete":
                return ""; // eval "$(conda shell.bash hook)": what they print sets the environment up
            case "pwd":
                return directory + "\n";
            case "mktemp":
                return (arguments.Any(a => a is "-p" || a.StartsWith('/') || a.StartsWith("--tmpdir=", StringComparison.Ordinal)) ? Template(command) : Mark.Scratch + "/" + Unknown) + "\n";
            case "dirname":
                return command.Operands.FirstOrDefault() is { } path ? (path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : path.StartsWith('/') ? "/" : ".") + "\n" : Unknown;
            case "basename":
                return BaseName([.. command.Operands]);
            case "realpath" or "readlink":
                return command.Operands.LastOrDefault() is { } file ? Paths.Normalize(file, directory) + "\n" : Unknown;
            case "ls" when command.HasFlag('d') && command.Operands.Any():
                return string.Concat(command.Operands.Select(o => o + "\n"));
            case "seq":
                return Unknown;
            case "cat" or "tee" or "head" or "tail" or "sort" or "uniq" or "tac" or "pv" or "dd" or "stdbuf" or "nl" or "strings" or "cp":
                return Pass(command, files, directory);
        }

        var input = command.Invocation.Input;
        if (command.Name == "rev" && command.Operands.FirstOrDefault() is null)
        {
            return input is null ? Unknown : string.Join('\n', input.Split('\n').Select(l => new string([.. l.Reverse()])));
        }

        if (Decoders.Decode(command, input ?? ReadOperand(command, files, directory)) is { } decoded)
        {
            return decoded;
        }

        if (IsDecompressor(command))
        {
            return Hidden;
        }

        if (input is { Length: > 0 and < MaxText } && command.Invocation.IsFed && Transformers.Contains(command.Name))
        {
            return TextTools.Apply(command, input) ?? (input.Contains(Mark.Unknown) ? Unknown : Hidden);
        }

        // A file of letters by their numbers.
        if (command.Name is "jq" or "awk" or "gawk" or "sed" or "python3" && ReadOperand(command, files, directory) is { } listed && listed.Contains("\\u00", StringComparison.Ordinal))
        {
            return Hidden;
        }

        // Process numbers that somebody else may own.
        if (command.Name is "pidof" or "lsof" or "fuser" || (command.Name == "ps" && !command.Has("--ppid", "-p", "--pid", "-q")) || (command.Name == "pgrep" && !command.HasFlag('P') && !command.Has("--parent")))
        {
            return Mark.Processes.ToString();
        }

        if (command.Name is "ls" or "find" && command.Operands.Any(o => o.TrimEnd('/') == "/proc" || o.StartsWith("/proc/" + Mark.Bracket, StringComparison.Ordinal) || o.StartsWith("/proc/" + Mark.Star, StringComparison.Ordinal)))
        {
            return Mark.Processes.ToString();
        }

        return OfUnknown(command.Invocation);
    }

    /// <summary>Whether it undoes a compression.</summary>
    public static bool IsDecompressor(Command command) => Decompressors.Contains(command.Name)
        && (command.Name is not ("gzip" or "xz" or "bzip2" or "zstd" or "lz4" or "brotli" or "pigz") || command.HasFlag('d') || command.Has("--decompress", "--uncompress"));

    /// <summary>Output of a program that nobody knows.</summary>
    public static string OfUnknown(in Invocation invocation) =>
        invocation.Input is { } input && input.Contains(Mark.Processes) ? Mark.Processes.ToString() : invocation.Input == Hidden ? Hidden : Unknown;

    public static string Printf(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            return "";
        }

        var format = arguments[0] == "--" && arguments.Count > 1 ? 1 : 0;
        var values = new Queue<string>(arguments.Skip(format + 1));
        var template = Escapes.Decode(arguments[format]);
        if (BuildsEscapes(template))
        {
            return Hidden;
        }

        var output = new StringBuilder();
        do
        {
            var before = values.Count;
            AppendFormat(output, template, values);
            if (values.Count == before)
            {
                break;
            }
        }
        while (values.Count > 0 && output.Length < MaxText);

        return output.ToString();
    }

    /// <summary>Whether a format makes the code of a character of a number (<c>\\x%02x</c>), or was made so: what comes out is text in disguise.</summary>
    private static bool BuildsEscapes(string format) =>
        format.StartsWith(Mark.Hidden) || format.Contains("\\x%", StringComparison.Ordinal) || format.Contains("\\%03o", StringComparison.Ordinal) || format.Contains("\\0%", StringComparison.Ordinal) || format.Contains("\\u%", StringComparison.Ordinal);

    private static void AppendFormat(StringBuilder output, string template, Queue<string> values)
    {
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '%' || i + 1 >= template.Length)
            {
                output.Append(template[i]);
                continue;
            }

            i++;
            while (i < template.Length - 1 && (char.IsAsciiDigit(template[i]) || template[i] is '-' or '.' or '+' or ' ' or '#' or '*'))
            {
                i++;
            }

            if (template[i] == '%')
            {
                output.Append('%');
                continue;
            }

            var value = values.TryDequeue(out var next) ? next : "";
            output.Append(template[i] switch
            {
                'b' => Escapes.Decode(value),
                'c' => value.Length == 0 ? "" : value[..1],
                'x' when long.TryParse(value, out var n) => n.ToString("x", null),
                'o' when long.TryParse(value, out var n) && n >= 0 => Convert.ToString(n, 8),
                'd' or 'i' when value.StartsWith("0x", StringComparison.Ordinal) => Convert.ToInt64(Safe(value[2..]), 16).ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => value,
            });
        }
    }

    private static string Safe(string hex) => hex.Length is > 0 and < 15 && hex.All(char.IsAsciiHexDigit) ? hex : "0";

    private static string Echo(IReadOnlyList<string> arguments)
    {
        var (skip, newline, escapes) = (0, "\n", false);
        while (skip < arguments.Count && arguments[skip] is ['-', ..] option && option.Length > 1 && option.AsSpan(1).IndexOfAnyExcept("neE") < 0)
        {
            newline = option.Contains('n', StringComparison.Ordinal) ? "" : newline;
            escapes |= option.Contains('e', StringComparison.Ordinal);
            skip++;
        }

        var text = string.Join(' ', arguments.Skip(skip));
        return (escapes ? Escapes.Decode(text) : text) + newline;
    }

    private static string BaseName(List<string> operands)
    {
        if (operands.Count == 0)
        {
            return Unknown;
        }

        var name = Paths.BaseName(operands[0].TrimEnd('/'));
        return (operands.Count > 1 && name.EndsWith(operands[1], StringComparison.Ordinal) ? name[..^operands[1].Length] : name) + "\n";
    }

    private static string Template(Command command)
    {
        var directory = command.ValueOf("-p", "--tmpdir");
        var template = command.Operands.LastOrDefault(o => o != directory) ?? Unknown;
        return directory is null ? template.Replace('X', Mark.Unknown) : directory + "/" + template.Replace('X', Mark.Unknown);
    }

    /// <summary>Programs that hand on what they read.</summary>
    private static string Pass(Command command, KnownFiles files, string directory)
    {
        if (command.Name is "tee" or "dd")
        {
            return command.Invocation.Input ?? Unknown;
        }

        var text = new StringBuilder();
        var any = false;
        var skipNext = false;
        foreach (var argument in command.Arguments)
        {
            if (skipNext || (argument.Length > 1 && argument[0] == '-'))
            {
                skipNext = !skipNext && command.Name is "head" or "tail" or "sort" && argument is "-n" or "-c" or "-k" or "-t" or "-S" or "-T";
                continue;
            }

            any = true;
            text.Append(argument is "-" or "/dev/stdin" ? command.Invocation.Input ?? Unknown
                : files.TryRead(Paths.Normalize(argument, directory), out var known, out _) ? known : Mark.OfFile);
            if (text.Length > MaxText)
            {
                return Unknown;
            }
        }

        return any ? text.ToString() : command.Invocation.Input ?? Unknown;
    }

    private static string? ReadOperand(Command command, KnownFiles files, string directory) =>
        command.Operands.LastOrDefault() is { } file && files.TryRead(Paths.Normalize(file, directory), out var text, out _) ? text : null;
}
