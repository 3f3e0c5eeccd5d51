using System.Buffers;
using System.Text;
using System.Text.Unicode;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation;

/// <summary>
/// Looks at <c>run.sh</c> before it runs: for what would only fail obscurely, and for what is obviously no computation. It keeps honest
/// users from mistakes and tells them early; the sandbox is what keeps the others out.
/// </summary>
internal static class ScriptValidator
{
    public const string ScriptName = "run.sh";
    public const long MaxScriptBytes = 20L << 20;

    /// <summary>What speaks against running the directory's script; empty when nothing does.</summary>
    public static IReadOnlyList<Finding> Validate(string workingDirectory, RuleSet rules)
    {
        var file = new FileInfo(Path.Combine(workingDirectory, ScriptName));
        return file.Exists
            ? ValidateFile(file, rules)
            : [About(ScriptRules.Missing, 0, "there is no run.sh among the uploaded files; a job is started by the script of that name")];
    }

    /// <summary>The same for a script of any name.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static IReadOnlyList<Finding> ValidateFile(FileInfo file, RuleSet rules) => file.Length > MaxScriptBytes
        ? [About(ScriptRules.Size, 0, $"the script has {file.Length} bytes, more than {MaxScriptBytes}; put data into files of their own")]
        : Validate(File.ReadAllBytes(file.FullName), rules);

    /// <summary>The same for a script in memory.</summary>
    public static IReadOnlyList<Finding> Validate(ReadOnlySpan<byte> script, RuleSet rules)
    {
        if (script.Length > MaxScriptBytes)
        {
            return [About(ScriptRules.Size, 0, $"the script has {script.Length} bytes, more than {MaxScriptBytes}; put data into files of their own")];
        }

        if (!Utf8.IsValid(script))
        {
            return [About(ScriptRules.Encoding, LineOfInvalidByte(script), "not valid UTF-8; convert it, for example with: iconv -f latin1 -t utf8")];
        }

        if (script.IndexOf((byte)0) is var nul and >= 0)
        {
            return [About(ScriptRules.Encoding, LineOf(script, nul), "a NUL byte; this is no text")];
        }

        var carriageReturn = script.IndexOf("\r\n"u8);
        if (carriageReturn >= 0)
        {
            return [About(ScriptRules.LineEndings, LineOf(script, carriageReturn),
                "Windows line endings (CR LF), which bash takes for part of the commands; convert it, for example with: sed -i 's/\\r$//' run.sh")];
        }

        var findings = new FindingList(rules);
        new ShellInterpreter(findings).RunScript(Encoding.UTF8.GetString(script));
        return findings.Findings;
    }

    private static Finding About(Rule rule, int line, string message) => new(rule.Id, Severity.Error, line, message);

    private static int LineOf(ReadOnlySpan<byte> script, int offset) => script[..offset].Count((byte)'\n') + 1;

    private static int LineOfInvalidByte(ReadOnlySpan<byte> script)
    {
        var offset = 0;
        while (Rune.DecodeFromUtf8(script[offset..], out _, out var consumed) == OperationStatus.Done)
        {
            offset += consumed;
        }

        return LineOf(script, offset);
    }
}
