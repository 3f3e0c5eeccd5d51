namespace JobOrchestrator.Launcher;

/// <summary>What a job may use; null means without limit.</summary>
public sealed record LaunchLimits
{
    /// <summary>Wall-clock time, in milliseconds.</summary>
    public long? TimeMilliseconds { get; set; }

    /// <summary>CPU time of all its processes together, in milliseconds.</summary>
    public long? CpuMilliseconds { get; set; }

    /// <summary>Resident memory of all its processes together, in bytes.</summary>
    public long? MemoryBytes { get; set; }

    /// <summary>Processes at once.</summary>
    public long? Processes { get; set; }

    /// <summary>Open files of one process.</summary>
    public long? OpenFiles { get; set; }

    /// <summary>Length of one file, in bytes.</summary>
    public long? FileBytes { get; set; }

    /// <summary>What its directory and its temporary one take on the disk, in bytes.</summary>
    public long? DiskBytes { get; set; }

    /// <summary>Files and directories in them.</summary>
    public long? DiskEntries { get; set; }

    /// <summary>How much of stdout, and of stderr, is kept, in bytes; the rest is read and dropped.</summary>
    public long OutputBytes { get; set; } = 64L << 20;
}
