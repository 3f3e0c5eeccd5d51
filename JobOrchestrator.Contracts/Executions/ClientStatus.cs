namespace JobOrchestrator.Contracts.Executions;

/// <summary>Answer of a client's <c>GET /status</c>: who it is, what it can take, how busy it is.</summary>
public sealed record ClientStatus
{
    /// <summary>Name for people and metrics: configured, else the host's name.</summary>
    public required string Name { get; init; }

    /// <summary>Changes at every start of the client.</summary>
    public required string Epoch { get; init; }

    public required string Version { get; init; }

    /// <summary>Executions it runs at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Executions that hold a slot now.</summary>
    public required int Running { get; init; }

    /// <summary>Executions that wait for a slot on the client.</summary>
    public required int Queued { get; init; }

    /// <summary>CPU use of the host in percent, 0-100.</summary>
    public required double Cpu { get; init; }

    /// <summary>Memory of the host in use, bytes.</summary>
    public required long MemoryUsed { get; init; }

    /// <summary>Memory of the host (or of the container's limit), bytes.</summary>
    public required long MemoryTotal { get; init; }

    /// <summary>Free bytes on the file system that holds the jobs' directories.</summary>
    public required long DiskFree { get; init; }

    /// <summary>Sandbox tier in force: <c>process</c>, <c>landlock</c> or <c>bubblewrap</c>; <c>none</c> when no acceptable one works.</summary>
    public required string SandboxTier { get; init; }

    /// <summary>Why there is no stronger tier, and what the one in force leaves open here; in plain words.</summary>
    public IReadOnlyList<string>? SandboxNotes { get; init; }

    /// <summary>Finishes what it has and takes nothing new.</summary>
    public required bool Draining { get; init; }

    /// <summary>Null when it can take jobs; else why not, in plain words.</summary>
    public string? Problem { get; init; }
}
