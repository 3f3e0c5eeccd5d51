using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Events;

namespace JobOrchestrator.Server.Jobs;

/// <summary>Jobs as the v1 API shows them.</summary>
internal static class JobRecords
{
    public static JobRecord ToRecord(this Job job) => new()
    {
        Id = job.Id,
        Name = job.Name,
        UserId = job.UserId,
        Service = job.Service,
        State = job.State.ToStatus(),
        Reason = job.Reason,
        Message = job.Message,
        ExitCode = job.ExitCode,
        Signal = job.Signal,
        Priority = job.Priority,
        Tags = job.TagList(),
        Limits = job.AskedLimits().ToRecord(job.TimeLimitSeconds, job.MaxAttempts),
        Attempt = job.Attempt,
        Client = job.Client,
        SandboxTier = job.SandboxTier,
        QueuedAt = job.QueuedAt,
        StartedAt = job.StartedAt,
        EndedAt = job.EndedAt,
        NotBefore = job.State == JobState.Queued ? job.NotBefore : null,
        Resources = ResourcesOf(job),
        HasResult = job.HasResult,
        CleanedAt = job.CleanedAt,
        CallbackUrl = job.CallbackUrl,
        ResubmitOf = job.ResubmitOf,
        TraceId = job.TraceId,
    };

    public static JobRecord ToRecord(this Job job, IEnumerable<JobAttempt> attempts, IEnumerable<JobEvent> events) => job.ToRecord() with
    {
        Attempts = [.. attempts.Select(ToRecord)],
        History = [.. events.Select(e => new StateChange { State = e.State.ToStatus(), At = e.At, Attempt = e.Attempt, Reason = e.Reason })],
    };

    public static JobStatus ToStatus(this JobState state) => state switch
    {
        JobState.Queued => JobStatus.Queued,
        JobState.Processing => JobStatus.Processing,
        JobState.Submitted => JobStatus.Submitted,
        JobState.Running => JobStatus.Running,
        JobState.Completed => JobStatus.Completed,
        JobState.Failed => JobStatus.Failed,
        JobState.Invalid => JobStatus.Invalid,
        JobState.Killed => JobStatus.Killed,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No state of a job."),
    };

    private static AttemptRecord ToRecord(JobAttempt attempt) => new()
    {
        Number = attempt.Number,
        Client = attempt.Client,
        ClaimedAt = attempt.ClaimedAt,
        EndedAt = attempt.EndedAt,
        Reason = attempt.Reason,
        Message = attempt.Message,
    };

    /// <summary>Limits in the API's words; null when there are none.</summary>
    public static JobLimits? ToRecord(this ExecutionLimits? limits, int? timeoutSeconds, int? maxAttempts)
    {
        var record = new JobLimits
        {
            TimeoutSeconds = timeoutSeconds,
            MaxAttempts = maxAttempts,
            Cpus = limits?.Cpus,
            CpuTimeSeconds = limits?.Cpu?.TotalSeconds,
            MemoryBytes = limits?.Memory,
            Processes = limits?.Processes,
            OpenFiles = limits?.OpenFiles,
            FileSizeBytes = limits?.FileSize,
            DiskBytes = limits?.Disk,
            DiskEntries = limits?.DiskEntries,
            OutputBytes = limits?.Output,
        };
        return record == new JobLimits() ? null : record;
    }

    private static ResourceUse? ResourcesOf(Job job) => job is { StartedAt: { } started, EndedAt: { } ended }
        ? new ResourceUse { WallSeconds = (ended - started).TotalSeconds, CpuSeconds = job.CpuSeconds, PeakMemoryBytes = job.PeakMemoryBytes }
        : null;
}
