using System.Collections;
using System.Globalization;

namespace JobOrchestrator.Contracts.Telemetry;

/// <summary>A log scope that says which job a line is about: <c>JobId</c>, <c>Attempt</c>, <c>Service</c> and <c>TraceId</c>.</summary>
public sealed class JobScope(int jobId, int attempt, string service, string? traceParent) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 4;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("JobId", jobId),
        1 => new("Attempt", attempt),
        2 => new("Service", service),
        3 => new("TraceId", JobSpans.TraceIdOf(traceParent)),
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "A scope has four members."),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"job {jobId}, attempt {attempt} ({service})");
}
