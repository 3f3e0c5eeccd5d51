using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>A job that has not ended, as the <see cref="JobQueue"/> keeps it.</summary>
/// <param name="Id">Job id.</param>
/// <param name="Service">Name of its service, lower case.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="State">Where it is.</param>
/// <param name="QueuedAt">When it was acknowledged.</param>
/// <param name="ChangedAt">When it came into its state.</param>
internal sealed record LiveJob(int Id, string Service, int UserId, JobState State, DateTimeOffset QueuedAt, DateTimeOffset ChangedAt)
{
    public static LiveJob Of(Job job) => new(job.Id, job.Service, job.UserId, job.State, job.QueuedAt, job.ChangedAt);

    public static LiveJob Of(QueuedJob job) => new(job.Id, job.Service, job.UserId, JobState.Queued, job.QueuedAt, job.WaitingSince);
}
