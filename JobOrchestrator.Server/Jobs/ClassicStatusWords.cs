using JobOrchestrator.Contracts.Classic;

namespace JobOrchestrator.Server.Jobs;

/// <summary>How a job's state reads on the classic surface.</summary>
internal static class ClassicStatusWords
{
    public static ClassicStatus ToClassicStatus(this Job job) => job switch
    {
        { CleanedAt: not null } => ClassicStatus.Cleaned,
        { State: JobState.Queued } => ClassicStatus.Queued,
        { State: JobState.Processing } => ClassicStatus.Processing,
        { State: JobState.Submitted } => ClassicStatus.Submitted,
        { State: JobState.Running } => ClassicStatus.Running,
        { State: JobState.Completed } => ClassicStatus.Completed,
        { State: JobState.Failed } => ClassicStatus.Failed,
        { State: JobState.Invalid } => ClassicStatus.Invalid,
        { State: JobState.Killed } => ClassicStatus.Killed,
        _ => ClassicStatus.Unknown,
    };

    public static StatusBody ToStatusBody(this Job job, string? message = null) =>
        new(job.Id, job.ToClassicStatus(), message ?? job.Message);
}
