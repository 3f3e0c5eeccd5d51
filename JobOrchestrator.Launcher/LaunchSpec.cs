namespace JobOrchestrator.Launcher;

/// <summary>What the launcher is to do: <c>spec.json</c> in the control directory, written by the client.</summary>
public sealed record LaunchSpec
{
    public const string FileName = "spec.json";

    /// <summary>Absolute path of the job's directory; <c>run.sh</c> is in it.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Wall-clock limit in milliseconds; null for none.</summary>
    public long? TimeLimitMilliseconds { get; init; }

    /// <summary>Time between TERM and KILL, in milliseconds.</summary>
    public int KillGraceMilliseconds { get; init; } = 5000;

    /// <summary>How much of stdout, and of stderr, is kept, in bytes; the rest is read and dropped.</summary>
    public long MaxOutputBytes { get; init; } = 64L << 20;

    /// <summary>The script's whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
