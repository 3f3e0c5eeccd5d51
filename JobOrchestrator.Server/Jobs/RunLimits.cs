using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Jobs;

/// <summary>What a job asked for that its client node must know.</summary>
/// <param name="TimeLimitSeconds">Wall-clock limit of the script.</param>
/// <param name="Others">Its other limits.</param>
internal sealed record RunLimits(int? TimeLimitSeconds, ExecutionLimits? Others)
{
    /// <summary>Null when it asked for nothing, which is the rule.</summary>
    public static RunLimits? Of(Job job) => (job.TimeLimitSeconds, job.AskedLimits()) is var (time, others) && (time, others) is (null, null)
        ? null
        : new RunLimits(time, others);
}
