namespace JobOrchestrator.Contracts.V1;

public static class JobStatusExtensions
{
    /// <summary>Whether nothing can follow.</summary>
    public static bool IsEnd(this JobStatus status) => status >= JobStatus.Completed;
}
