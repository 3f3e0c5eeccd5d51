namespace JobOrchestrator.Contracts.V1;

/// <summary>What a script used, as its client node measured it.</summary>
public sealed record ResourceUse
{
    /// <summary>From its start to its end.</summary>
    public double? WallSeconds { get; init; }

    /// <summary>User and system time of all its processes.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>Largest resident memory of a single process of it.</summary>
    public long? PeakMemoryBytes { get; init; }
}
