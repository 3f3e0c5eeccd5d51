namespace JobOrchestrator.Contracts.V1;

/// <summary>Limits of a job; members without a value are left out: a job did not ask, a service does not limit.</summary>
public sealed record JobLimits
{
    /// <summary>Wall-clock limit of the script, in seconds.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Dispatches before it fails for reasons that are not the script's.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Processor cores at once.</summary>
    public double? Cpus { get; init; }

    /// <summary>CPU time of all its processes together, in seconds.</summary>
    public double? CpuTimeSeconds { get; init; }

    /// <summary>Memory of all its processes together, in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Processes at once.</summary>
    public long? Processes { get; init; }

    /// <summary>Open files of one process.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>Length of one file, in bytes.</summary>
    public long? FileSizeBytes { get; init; }

    /// <summary>What its directory takes on the disk, in bytes.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Files and directories in its directory.</summary>
    public long? DiskEntries { get; init; }

    /// <summary>How much of stdout, and of stderr, is kept, in bytes.</summary>
    public long? OutputBytes { get; init; }
}
