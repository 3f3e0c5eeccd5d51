using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Jobs;

/// <summary>What the owner of a job asked for beside files and service; what is null is left to the service's settings.</summary>
internal sealed record JobRequest
{
    /// <summary>What a classic upload asks for.</summary>
    public static readonly JobRequest Nothing = new();

    public string? Name { get; init; }

    public int Priority { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Wall-clock limit of the script, in seconds.</summary>
    public int? TimeLimitSeconds { get; init; }

    public int? MaxAttempts { get; init; }

    /// <summary>Its other limits; null when it asked for none.</summary>
    public ExecutionLimits? Limits { get; init; }

    public string? CallbackUrl { get; init; }

    /// <summary>Notes what was asked for as part of an upload; what was not asked for leaves no trace.</summary>
    public void AddTo(UploadDigest? digest)
    {
        if (this != Nothing)
        {
            digest?.AddField("request", string.Join(
                '\n', Name, string.Join(' ', Tags), FormattableString.Invariant($"{Priority} {TimeLimitSeconds} {MaxAttempts} {Limits?.Cpus} {Limits?.Memory}"), CallbackUrl));
            if (AskedLimitsText.Write(Limits) is { } others)
            {
                digest?.AddField("limits", others);
            }
        }
    }

    /// <summary>What a job on record asked for.</summary>
    public static JobRequest Of(Job job) => new()
    {
        Name = job.Name,
        Priority = job.Priority,
        Tags = job.TagList(),
        TimeLimitSeconds = job.TimeLimitSeconds,
        MaxAttempts = job.MaxAttempts,
        Limits = job.AskedLimits(),
        CallbackUrl = job.CallbackUrl,
    };
}
