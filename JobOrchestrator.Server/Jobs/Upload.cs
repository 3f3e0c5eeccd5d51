using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Jobs;

/// <summary>An upload that has been read whole: whose job it is, of which service, and what else was asked for.</summary>
internal sealed record Upload(int UserId, ServiceDefinition Service, JobRequest Request)
{
    /// <summary>The job whose files these are.</summary>
    public int? ResubmitOf { get; init; }
}
