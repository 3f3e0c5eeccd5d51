using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Events;

/// <summary>
/// A job came to a state, or its result arrived late. Triggers on the table of jobs write these rows in the transaction of the change
/// itself; what else there is to say about the job is read from its own row.
/// </summary>
internal sealed class JobEvent
{
    /// <summary>Rises in the order of commits, without gaps a reader could fall into: there is one writer.</summary>
    public long Sequence { get; init; }

    public int JobId { get; init; }

    public int Attempt { get; init; }

    public JobState State { get; init; }

    public EndReason Reason { get; init; }

    public DateTimeOffset At { get; init; }
}
