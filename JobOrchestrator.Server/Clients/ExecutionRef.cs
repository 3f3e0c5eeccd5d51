using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Clients;

/// <summary>Names one attempt of a job on a client node.</summary>
/// <param name="JobId">Our job id.</param>
/// <param name="Attempt">Number of the attempt, from 1: the fencing token.</param>
/// <param name="Upload">The upload behind the job, which tells it from one that had its number in another history of the database.</param>
/// <param name="ClassicId">The payload id a classic client gave it at submission; null on clients that speak our protocol.</param>
internal sealed record ExecutionRef(int JobId, int Attempt, string? Upload, int? ClassicId = null)
{
    /// <summary>The job's present attempt.</summary>
    public static ExecutionRef Of(Job job) => new(job.Id, job.Attempt, job.StagingKey, job.ClassicId);

    /// <summary>What a client node tells about.</summary>
    public static ExecutionRef Of(ExecutionReport report) => new(report.JobId, report.Attempt, report.Upload);
}
