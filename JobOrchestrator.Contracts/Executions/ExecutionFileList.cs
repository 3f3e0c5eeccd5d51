using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Contracts.Executions;

/// <summary>Answer of <c>GET /executions/{job}/{attempt}/files</c>: the execution's directory as it is now.</summary>
/// <param name="Files">Regular files and links, in the order of their paths.</param>
/// <param name="Truncated">Whether there are more than <see cref="MaxFiles"/>.</param>
public sealed record ExecutionFileList(IReadOnlyList<FileRecord> Files, bool Truncated)
{
    public const int MaxFiles = 10_000;
}
