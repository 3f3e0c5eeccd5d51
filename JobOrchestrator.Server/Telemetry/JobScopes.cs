using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Telemetry;

internal static class JobScopes
{
    /// <summary>Until it is disposed of, every line says which job it is about, even one that only says what went wrong.</summary>
    public static IDisposable? BeginJobScope(this ILogger logger, Job job) =>
        logger.BeginScope(new JobScope(job.Id, job.Attempt, job.Service, job.TraceParent));
}
