namespace JobOrchestrator.Server.Jobs;

/// <summary>What a job asked for that its client node must know.</summary>
/// <param name="TimeLimitSeconds">Wall-clock limit of the script.</param>
/// <param name="MemoryBytes">Memory of all its processes together.</param>
internal sealed record RunLimits(int? TimeLimitSeconds, long? MemoryBytes)
{
    /// <summary>Null when it asked for nothing, which is the rule.</summary>
    public static RunLimits? Of(Job job) => job is { TimeLimitSeconds: null, MemoryBytes: null }
        ? null
        : new RunLimits(job.TimeLimitSeconds, job.MemoryBytes);
}
