using System.Collections.Concurrent;
using System.Diagnostics;

namespace JobOrchestrator.Tests.Support;

/// <summary>Records the spans that end in this process, of every job and request; a test picks those of its trace.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public SpanRecorder()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("JobOrchestrator", StringComparison.Ordinal)
                || source.Name is "Microsoft.AspNetCore" or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.Recorded)
                {
                    _spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Waits until the trace has all of these spans, and returns all it has.</summary>
    public async Task<IReadOnlyList<Activity>> TraceAsync(string traceId, params string[] names)
    {
        while (true)
        {
            var spans = _spans.Where(s => s.TraceId.ToHexString() == traceId).ToList();
            if (names.All(name => spans.Exists(s => s.OperationName == name)))
            {
                return spans;
            }

            if (TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException("Only these spans came: " + string.Join(", ", spans.Select(s => s.OperationName)));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }
}
