namespace JobOrchestrator.Contracts.V1;

/// <summary>The files of a job.</summary>
public sealed record FileList
{
    /// <summary>Whether this is the result; else it is the working directory as it is now.</summary>
    public required bool Final { get; init; }

    public required IReadOnlyList<FileRecord> Files { get; init; }

    /// <summary>Whether there are more files than are listed here.</summary>
    public bool Truncated { get; init; }
}
