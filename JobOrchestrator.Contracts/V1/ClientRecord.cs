namespace JobOrchestrator.Contracts.V1;

/// <summary>A client node: a machine that executes. What only our own clients say of themselves is left out for classic ones.</summary>
public sealed record ClientRecord
{
    /// <summary>What people call it: its own name, else host and port.</summary>
    public required string Name { get; init; }

    /// <summary>Base address; unique.</summary>
    public required string Address { get; init; }

    public required ClientHealth Health { get; init; }

    /// <summary>Whether it speaks the classic protocol only.</summary>
    public required bool Classic { get; init; }

    /// <summary>Services whose jobs it is given.</summary>
    public required IReadOnlyList<string> Services { get; init; }

    /// <summary>Executions of this server on it, or on their way.</summary>
    public required int Jobs { get; init; }

    /// <summary>Executions it runs at once.</summary>
    public int? Slots { get; init; }

    /// <summary>Executions that hold a slot.</summary>
    public int? Running { get; init; }

    /// <summary>Executions that wait there for a slot.</summary>
    public int? Queued { get; init; }

    /// <summary>CPU use of the host in percent, 0-100.</summary>
    public double? Cpu { get; init; }

    public long? MemoryUsedBytes { get; init; }

    public long? MemoryTotalBytes { get; init; }

    public long? DiskFreeBytes { get; init; }

    public string? SandboxTier { get; init; }

    public string? Version { get; init; }

    /// <summary>Why it cannot take jobs, in plain words.</summary>
    public string? Problem { get; init; }
}
