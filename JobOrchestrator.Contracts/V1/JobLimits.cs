namespace JobOrchestrator.Contracts.V1;

/// <summary>What a submission asked for; members it did not name are left out, and the service's own settings hold.</summary>
public sealed record JobLimits
{
    /// <summary>Wall-clock limit of the script, in seconds.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>Dispatches before it fails for reasons that are not the script's.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Processor cores its owner says it uses; on record for people, not enforced.</summary>
    public double? Cpus { get; init; }

    /// <summary>Memory of all its processes together, in bytes.</summary>
    public long? MemoryBytes { get; init; }
}
