using System.Text.Json;

namespace JobOrchestrator.Client.Validation;

/// <summary><c>validate FILE…</c>: the check of a job's script, without a job.</summary>
internal static class ValidateCommand
{
    public const string Name = "validate";
    private const int Accepted = 0;
    private const int Rejected = 1;
    private const int WrongUsage = 2;

    private const string Help = """
        Checks scripts as a client node does before it runs them.

        usage: dotnet run --project JobOrchestrator.Client -- validate [--json] [--service NAME] FILE…

          FILE            a script; - is standard input; a directory stands for the run.sh in it
          --json          one JSON object per file and line: file, verdict (accepted or rejected), findings
          --service NAME  with the rules as they are tuned for that service (VALIDATION_<SERVICE>_RULES)
          --help          this text

        exit codes: 0 all scripts are accepted (warnings are allowed), 1 a script is rejected, 2 it was called wrongly or a file cannot be read
        The rules and how to tune them are described in docs/validator.md.
        """;

    /// <summary>Runs it.</summary>
    /// <param name="arguments">Those behind the command's name.</param>
    /// <param name="configuration">Where the tuning is.</param>
    /// <param name="input">For the file <c>-</c>.</param>
    /// <param name="output">Takes the findings.</param>
    /// <param name="error">Takes what was wrong with the call.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments, IConfiguration configuration, Func<Stream> input, TextWriter output, TextWriter error)
    {
        var (files, json, service) = (new List<string>(), false, "");
        var optionsEnded = false;
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case var file when optionsEnded || file == "-" || !file.StartsWith('-'):
                    files.Add(file);
                    break;
                case "--":
                    optionsEnded = true;
                    break;
                case "--json":
                    json = true;
                    break;
                case "--service" when i + 1 < arguments.Count:
                    service = arguments[++i];
                    break;
                case "--help" or "-h":
                    output.WriteLine(Help);
                    return Accepted;
                default:
                    error.WriteLine($"validate: '{arguments[i]}' is not an option, or lacks its value; see --help");
                    return WrongUsage;
            }
        }

        if (files.Count == 0)
        {
            error.WriteLine("validate: name at least one FILE; see --help");
            return WrongUsage;
        }

        var errors = new List<string>();
        var rules = ValidationTuning.Load(configuration, errors).For(service);
        errors.ForEach(e => error.WriteLine($"validate: {e}"));
        return errors.Count > 0 ? WrongUsage : CheckAll(files, rules, json, input, output, error);
    }

    private static int CheckAll(List<string> files, RuleSet rules, bool json, Func<Stream> input, TextWriter output, TextWriter error)
    {
        var result = Accepted;
        foreach (var file in files)
        {
            IReadOnlyList<Finding> findings;
            try
            {
                findings = Check(file, rules, input);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                error.WriteLine($"validate: '{file}' cannot be read: {e.Message}");
                return WrongUsage;
            }

            var rejected = findings.Any(f => f.Severity == Severity.Error);
            result = rejected ? Rejected : result;
            Write(file, findings, rejected, json, output);
        }

        return result;
    }

    private static IReadOnlyList<Finding> Check(string file, RuleSet rules, Func<Stream> input)
    {
        if (file == "-")
        {
            using var stream = input();
            using var script = new MemoryStream();
            var buffer = new byte[1 << 16];
            // One byte more than allowed is enough to know.
            while (script.Length <= ScriptValidator.MaxScriptBytes && stream.Read(buffer) is > 0 and var read)
            {
                script.Write(buffer, 0, read);
            }

            return ScriptValidator.Validate(script.GetBuffer().AsSpan(0, (int)script.Length), rules);
        }

        return Directory.Exists(file) ? ScriptValidator.Validate(file, rules) : ScriptValidator.ValidateFile(new FileInfo(file), rules);
    }

    private static void Write(string file, IReadOnlyList<Finding> findings, bool rejected, bool json, TextWriter output)
    {
        var verdict = rejected ? "rejected" : "accepted";
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new FileVerdict(file, verdict, findings), ValidationJson.Default.FileVerdict));
            return;
        }

        foreach (var finding in findings)
        {
            output.WriteLine($"{(finding.Severity == Severity.Warning ? "warning: " : "")}{finding.ToString(file)}");
        }

        output.WriteLine($"{file}: {verdict}");
    }
}
