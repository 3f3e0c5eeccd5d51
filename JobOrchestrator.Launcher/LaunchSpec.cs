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

    /// <summary>A FIFO in the control directory: a byte in it asks for the job's end.</summary>
    public const string KillPipeName = "kill";

    /// <summary>A file in the control directory that asks the same, for a launcher that does not listen yet.</summary>
    public const string KillFileName = "kill.requested";

    /// <summary>Absolute path of the job's directory; <c>run.sh</c> is in it.</summary>
    public required string WorkingDirectory { get; set; }

    /// <summary>Absolute path of its directory for temporary files.</summary>
    public required string TemporaryDirectory { get; set; }

    public LaunchTier Tier { get; set; }

    /// <summary>Whether it may use the network.</summary>
    public bool Network { get; set; }

    /// <summary>Paths it may read and execute beneath; only for <see cref="LaunchTier.Landlock"/>.</summary>
    public IReadOnlyList<string> Readable { get; set; } = [];

    /// <summary>Paths it may do anything beneath; only for <see cref="LaunchTier.Landlock"/>.</summary>
    public IReadOnlyList<string> Writable { get; set; } = [];

    /// <summary>Path and arguments of <c>bwrap</c>, all but the filter's descriptor and the command; only for <see cref="LaunchTier.Bubblewrap"/>.</summary>
    public IReadOnlyList<string> Bubblewrap { get; set; } = [];

    public LaunchLimits Limits { get; set; } = new();

    /// <summary>Processor cores it is kept to, by number; empty for all.</summary>
    public IReadOnlyList<int> Cores { get; set; } = [];

    /// <summary>Control groups to put it in.</summary>
    public IReadOnlyList<LaunchCgroup> Cgroups { get; set; } = [];

    /// <summary>Time between TERM and KILL, in milliseconds.</summary>
    public int KillGraceMilliseconds { get; set; } = 5000;

    /// <summary>The script's whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();
}
