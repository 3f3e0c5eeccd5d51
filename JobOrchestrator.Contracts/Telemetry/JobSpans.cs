using System.Diagnostics;

namespace JobOrchestrator.Contracts.Telemetry;

/// <summary>
/// Spans of a job's trace. Its parts happen in different processes, and most of them in background loops whose surroundings belong to some
/// other job, so the parent is always named: the W3C context that is kept with the job.
/// </summary>
public static class JobSpans
{
    /// <summary>Starts a span that ends when it is disposed; null when nobody listens or there is no context to belong to.</summary>
    /// <param name="source">Of this process.</param>
    /// <param name="name">Such as <c>job.dispatch</c>.</param>
    /// <param name="traceParent">The context it belongs to.</param>
    /// <param name="link">A context it is related to without belonging to it, such as the attempt before.</param>
    /// <param name="start">When it began; null for now.</param>
    public static Activity? Start(ActivitySource source, string name, string? traceParent, string? link = null, DateTimeOffset? start = null)
    {
        if (!source.HasListeners() || !ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent))
        {
            return null;
        }

        var links = ActivityContext.TryParse(link, null, isRemote: true, out var linked) ? [new ActivityLink(linked)] : (ActivityLink[]?)null;
        return source.StartActivity(ActivityKind.Internal, parent, tags: null, links, start ?? default, name);
    }

    /// <summary>A span that is over already: it was not known, or not ours to tell, while it lasted. A clock that was set back makes it empty.</summary>
    public static void Record(
        ActivitySource source, string name, string? traceParent, DateTimeOffset start, DateTimeOffset end,
        params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        using var span = Start(source, name, traceParent, start: start);
        if (span is null)
        {
            return;
        }

        foreach (var (key, value) in tags)
        {
            span.SetTag(key, value);
        }

        span.SetEndTime((end > start ? end : start).UtcDateTime);
    }

    /// <summary>Marks a span as failed for reasons that are not the script's.</summary>
    public static void Fail(this Activity? span, string reason, string message)
    {
        span?.SetTag("error.type", reason);
        span?.SetStatus(ActivityStatusCode.Error, message);
    }

    /// <summary>The trace id in a W3C context, for records and logs; null when there is none.</summary>
    public static string? TraceIdOf(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, out var context) ? context.TraceId.ToHexString() : null;
}
