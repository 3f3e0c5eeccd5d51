using System.Text.Unicode;

namespace JobOrchestrator.Client.Validation;

/// <summary>Looks at <c>run.sh</c> before it runs, for what would only fail obscurely.</summary>
internal static class ScriptValidator
{
    public const string ScriptName = "run.sh";
    public const long MaxScriptBytes = 20L << 20;

    /// <summary>What speaks against running the directory's script; empty when nothing does.</summary>
    public static IReadOnlyList<Finding> Validate(string workingDirectory)
    {
        var file = new FileInfo(Path.Combine(workingDirectory, ScriptName));
        if (!file.Exists)
        {
            return [new Finding("script/missing", 0, "there is no run.sh among the uploaded files; a job is started by the script of that name")];
        }

        if (file.Length > MaxScriptBytes)
        {
            return [new Finding("script/size", 0, $"the script has {file.Length} bytes, more than {MaxScriptBytes}; put data into files of their own")];
        }

        return FindProblems(File.ReadAllBytes(file.FullName));
    }

    private static IReadOnlyList<Finding> FindProblems(ReadOnlySpan<byte> script)
    {
        if (!Utf8.IsValid(script))
        {
            return [new Finding("script/encoding", LineOfInvalidByte(script), "not valid UTF-8; convert it, for example with: iconv -f latin1 -t utf8")];
        }

        var carriageReturn = script.IndexOf("\r\n"u8);
        return carriageReturn >= 0
            ? [new Finding("script/line-endings", LineOf(script, carriageReturn),
                "Windows line endings (CR LF), which bash takes for part of the commands; convert it, for example with: sed -i 's/\\r$//' run.sh")]
            : [];
    }

    private static int LineOf(ReadOnlySpan<byte> script, int offset) => script[..offset].Count((byte)'\n') + 1;

    private static int LineOfInvalidByte(ReadOnlySpan<byte> script)
    {
        var offset = 0;
        while (System.Text.Rune.DecodeFromUtf8(script[offset..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
        {
            offset += consumed;
        }

        return LineOf(script, offset);
    }
}
