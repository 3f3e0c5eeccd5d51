namespace JobOrchestrator.Launcher;

/// <summary>A control group to make for one job, in the client's words, so that the launcher need not know one hierarchy from another.</summary>
public sealed record LaunchCgroup
{
    /// <summary>Absolute path of the group, which does not exist yet.</summary>
    public required string Directory { get; set; }

    /// <summary>File in it by which a process or a thread joins.</summary>
    public required string JoinFile { get; set; }

    /// <summary>Whether threads join by themselves; else the launcher is in it while it starts the script.</summary>
    public bool ByThread { get; set; }

    /// <summary>Files to write, and what; one that is missing is no error.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; set; } = new Dictionary<string, string>();

    /// <summary>File by which all that is in the group is killed at once; null where there is none.</summary>
    public string? KillFile { get; set; }

    /// <summary>File with a line <c>oom_kill N</c>, when the group limits memory.</summary>
    public string? MemoryEvents { get; set; }

    /// <summary>File with the most memory ever used, when the group limits memory.</summary>
    public string? MemoryPeak { get; set; }
}
