namespace JobOrchestrator.Launcher;

/// <summary>
/// What the launcher is to do: <c>spec.json</c> in the control directory, written by the client. Settable members, because the compiled
/// deserialiser would overwrite the defaults of init-only ones.
/// </summary>
public sealed record LaunchSpec
{
    /// <summary>Environment variable that marks every process of a job; its value is the control directory.</summary>
    public const string MarkVariable = "JOBORCHESTRATOR_EXECUTION";

    public const string FileName = "spec.json";

    /// <summary>Absolute path of the job's directory; <c>run.sh</c> is in it.</summary>
    public required string WorkingDirectory { get; set; }

    /// <summary>Wall-clock limit in milliseconds; null for none.</summary>
    public long? TimeLimitMilliseconds { get; set; }

    /// <summary>Time between TERM and KILL, in milliseconds.</summary>
    public int KillGraceMilliseconds { get; set; } = 5000;

    /// <summary>How much of stdout, and of stderr, is kept, in bytes; the rest is read and dropped.</summary>
    public long MaxOutputBytes { get; set; } = 64L << 20;

    /// <summary>The script's whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();
}
