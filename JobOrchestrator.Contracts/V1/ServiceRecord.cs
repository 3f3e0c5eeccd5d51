namespace JobOrchestrator.Contracts.V1;

/// <summary>A kind of job: its limits and how busy it is.</summary>
public sealed record ServiceRecord
{
    public required string Name { get; init; }

    /// <summary>Executions of the whole service at once.</summary>
    public required int MaxRuns { get; init; }

    /// <summary>Executions of one user at once.</summary>
    public required int RunsPerUser { get; init; }

    /// <summary>Jobs of one user that may wait at once.</summary>
    public required int QueuedPerUser { get; init; }

    /// <summary>Dispatches of one job before it fails for reasons that are not the script's.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>Wall-clock limit of a script, in seconds; left out when there is none.</summary>
    public double? TimeLimitSeconds { get; init; }

    /// <summary>What else a script may use, and a job can only lower; left out when nothing is limited.</summary>
    public JobLimits? Limits { get; init; }

    /// <summary>Jobs that wait now.</summary>
    public required int Waiting { get; init; }

    /// <summary>Jobs that are on a client node now, or on their way.</summary>
    public required int Running { get; init; }

    /// <summary>Client nodes that take its jobs now.</summary>
    public required int HealthyClients { get; init; }

    /// <summary>Addresses of all its client nodes.</summary>
    public required IReadOnlyList<string> Clients { get; init; }

    /// <summary>Users with waiting or running jobs; only those the caller acts for.</summary>
    public required IReadOnlyList<UserLoad> Users { get; init; }
}
