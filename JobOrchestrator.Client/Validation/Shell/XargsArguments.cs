namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Options of <c>xargs</c>.</summary>
internal static class XargsArguments
{
    /// <summary>The command it runs, and the text in it that stands for a line of input.</summary>
    public static (List<string> Command, string? Replace) Parse(IReadOnlyList<string> arguments)
    {
        string? replace = null;
        var i = 0;
        for (; i < arguments.Count && arguments[i].Length > 1 && arguments[i][0] == '-'; i++)
        {
            var option = arguments[i];
            if (option == "--")
            {
                i++;
                break;
            }

            if (option is "-I" or "-J")
            {
                replace = i + 1 < arguments.Count ? arguments[++i] : null;
            }
            else if (option.StartsWith("-I", StringComparison.Ordinal) || option.StartsWith("-i", StringComparison.Ordinal))
            {
                replace = option.Length > 2 ? option[2..] : "{}";
            }
            else if (option.StartsWith("--replace", StringComparison.Ordinal))
            {
                replace = option.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals ? option[(equals + 1)..] : "{}";
            }
            else if (option is "-n" or "-P" or "-L" or "-d" or "-a" or "-E" or "-s" or "--max-args" or "--max-procs" or "--max-lines" or "--delimiter" or "--arg-file")
            {
                i++;
            }
        }

        return ([.. arguments.Skip(i)], replace);
    }
}
