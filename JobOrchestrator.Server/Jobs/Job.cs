using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;

namespace JobOrchestrator.Server.Jobs;

/// <summary>A job as it is stored. Only <see cref="JobStore"/> writes; everyone else reads copies. Times are UTC.</summary>
internal sealed class Job
{
    /// <summary>Never used twice.</summary>
    public int Id { get; set; }

    public int UserId { get; init; }

    /// <summary>Name of its service, lower case.</summary>
    public required string Service { get; init; }

    /// <summary>Higher goes first among the jobs of one user.</summary>
    public int Priority { get; init; }

    /// <summary>What its owner calls it.</summary>
    public string? Name { get; init; }

    /// <summary>Labels, separated by single spaces; <see cref="JobTag"/> holds them for searching. Empty when there are none.</summary>
    public string Tags { get; init; } = "";

    /// <summary>Wall-clock limit of the script asked for, in seconds; null leaves it to the service.</summary>
    public int? TimeLimitSeconds { get; init; }

    /// <summary>Dispatches asked for; null leaves it to the service.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Processor cores asked for.</summary>
    public double? Cpus { get; init; }

    /// <summary>Memory asked for, in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The other limits asked for, as JSON (<see cref="AskedLimits"/> reads all of them); null when there are none, which is the rule.</summary>
    public string? OtherLimits { get; init; }

    /// <summary>Where its end is reported to; a trigger on this table makes the <see cref="Webhooks.WebhookDelivery"/> when it ends.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>The job it was resubmitted from.</summary>
    public int? ResubmitOf { get; init; }

    /// <summary>Name of the upload's staging directory; ties directory and row together when the server dies between the two.</summary>
    public required string StagingKey { get; init; }

    public JobState State { get; set; }

    /// <summary>Number of the latest attempt, 0 before the first: the fencing token of every later change.</summary>
    public int Attempt { get; set; }

    /// <summary>Address of the client node of the latest attempt.</summary>
    public string? Client { get; set; }

    /// <summary>The payload id a classic client gave the latest attempt.</summary>
    public int? ClassicId { get; set; }

    public EndReason Reason { get; set; }

    /// <summary>What people are told about the state; names the cause of every ending.</summary>
    public string Message { get; set; } = "";

    public int? ExitCode { get; set; }

    public int? Signal { get; set; }

    public string? SandboxTier { get; set; }

    /// <summary>What the validator had to say about a script that it let run, one finding per line; null when nothing.</summary>
    public string? Warnings { get; set; }

    public DateTimeOffset QueuedAt { get; init; }

    /// <summary>Back-off: not to be dispatched before.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>When the latest change of state happened; deadlines count from here.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>User and system CPU time of the script's processes, in seconds.</summary>
    public double? CpuSeconds { get; set; }

    /// <summary>Largest resident memory of a single process of the script, in bytes.</summary>
    public long? PeakMemoryBytes { get; set; }

    /// <summary>Whether a result ZIP is stored.</summary>
    public bool HasResult { get; set; }

    /// <summary>When retention removed its files; the classic surface then calls it <c>Cleaned</c>.</summary>
    public DateTimeOffset? CleanedAt { get; set; }

    /// <summary>The sender's own name for the upload, by which a repetition is recognised; null when it gave none, or it is free again.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>What the upload consisted of (<see cref="UploadDigest"/>), when it has an <see cref="IdempotencyKey"/>.</summary>
    public byte[]? IdempotencyDigest { get; set; }

    /// <summary>W3C trace context of the upload, so that later work joins its trace.</summary>
    public string? TraceParent { get; init; }

    /// <summary>W3C trace context of the latest attempt's dispatch, which the next one is linked to.</summary>
    public string? AttemptTraceParent { get; set; }

    /// <summary>Id of the trace the job can be followed in; null when its upload had none.</summary>
    public string? TraceId => JobSpans.TraceIdOf(TraceParent);

    /// <summary>The limits asked for, beside that of wall-clock time; null when none was.</summary>
    public ExecutionLimits? AskedLimits() => AskedLimitsText.Read(Cpus, MemoryBytes, OtherLimits);

    public string[] TagList() => Tags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
