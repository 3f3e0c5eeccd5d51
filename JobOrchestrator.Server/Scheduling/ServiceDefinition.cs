using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>One kind of job, as configured: where it may run and how much of it at once.</summary>
internal sealed record ServiceDefinition
{
    public const int DefaultRunsPerUser = 5;
    public const int DefaultMaxRuns = 10;
    public const int DefaultQueuedPerUser = 1000;
    public const int DefaultMaxAttempts = 3;

    /// <summary>The least bytes of memory, so that a shell can start; the least of the others let it and the launcher do the same.</summary>
    public const long LeastMemory = 1 << 20;
    public const int LeastOpenFiles = 32;
    public const long LeastFileSize = 1 << 16;
    public const long LeastDisk = 1 << 16;
    public const int LeastDiskEntries = 16;

    /// <summary>Lower case; may contain <c>_</c> and digits.</summary>
    public required string Name { get; init; }

    /// <summary>Base addresses of client nodes; a host may be a service-discovery name that stands for many replicas.</summary>
    public IReadOnlyList<Uri> Clients { get; init; } = [];

    /// <summary>The three classic URLs, when the service is configured that way.</summary>
    public ClassicUrls? Classic { get; init; }

    /// <summary>Executions of one user at once.</summary>
    public int RunsPerUser { get; init; } = DefaultRunsPerUser;

    /// <summary>Executions of the whole service at once.</summary>
    public int MaxRuns { get; init; } = DefaultMaxRuns;

    /// <summary>Jobs of one user that may wait at once; past it an upload is answered with 429.</summary>
    public int QueuedPerUser { get; init; } = DefaultQueuedPerUser;

    /// <summary>Dispatches of one job before it fails for reasons that are ours.</summary>
    public int MaxAttempts { get; init; } = DefaultMaxAttempts;

    /// <summary>Where ends of its jobs are reported to, unless a job names another address; needs <c>WEBHOOK_SECRET</c>.</summary>
    public Uri? CallbackUrl { get; init; }

    /// <summary>Wall-clock limit of the script; null leaves it to the client.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>What else a script may use.</summary>
    public ExecutionLimits Limits { get; init; } = new();

    /// <summary>Whether scripts may use the network.</summary>
    public bool Network { get; init; }

    /// <summary>What a client node is told of a job of this service.</summary>
    /// <param name="asked">What the job asks for itself, which can only lower the limits.</param>
    public ExecutionRequest ToRequest(ExecutionLimits? asked = null) => new(Name, TimeLimit, Limits.LoweredBy(asked), Network);
}
