namespace JobOrchestrator.Contracts.V1;

/// <summary>One file of a job.</summary>
public sealed record FileRecord
{
    /// <summary>Relative to the job's directory, with <c>/</c> between its parts.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>Whether it is a symbolic link; its content is what it points to, as text, and is not followed.</summary>
    public bool Link { get; init; }
}
