namespace JobOrchestrator.Contracts.Executions;

/// <summary>What one execution may use, beside wall-clock time; null means without limit.</summary>
public sealed record ExecutionLimits
{
    /// <summary>How much of stdout, and of stderr, is kept when nobody says otherwise, bytes.</summary>
    public const long DefaultOutput = 64L << 20;

    /// <summary>Processor cores at once, all its processes together; parts of one, such as 0.5, where the client can measure them out.</summary>
    public double? Cpus { get; init; }

    /// <summary>CPU time of all its processes together.</summary>
    public TimeSpan? Cpu { get; init; }

    /// <summary>Memory of all its processes together, bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Processes at once.</summary>
    public long? Processes { get; init; }

    /// <summary>Open files of one process.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>Length of one file, bytes.</summary>
    public long? FileSize { get; init; }

    /// <summary>What its directory takes on the disk, bytes.</summary>
    public long? Disk { get; init; }

    /// <summary>Files and directories in its directory.</summary>
    public long? DiskEntries { get; init; }

    /// <summary>How much of stdout, and of stderr, is kept, bytes; what comes after is dropped. Null means <see cref="DefaultOutput"/>.</summary>
    public long? Output { get; init; }

    /// <summary>The lower of each two limits: what is asked for can only lower what is given.</summary>
    public ExecutionLimits LoweredBy(ExecutionLimits? asked) => asked is null ? this : new()
    {
        Cpus = Lower(Cpus, asked.Cpus),
        Cpu = Lower(Cpu, asked.Cpu),
        Memory = Lower(Memory, asked.Memory),
        Processes = Lower(Processes, asked.Processes),
        OpenFiles = Lower(OpenFiles, asked.OpenFiles),
        FileSize = Lower(FileSize, asked.FileSize),
        Disk = Lower(Disk, asked.Disk),
        DiskEntries = Lower(DiskEntries, asked.DiskEntries),
        Output = asked.Output is null ? Output : Lower(Output ?? DefaultOutput, asked.Output),
    };

    private static T? Lower<T>(T? given, T? asked)
        where T : struct, IComparable<T> =>
        given is { } g && asked is { } a ? g.CompareTo(a) <= 0 ? g : a : given ?? asked;
}
