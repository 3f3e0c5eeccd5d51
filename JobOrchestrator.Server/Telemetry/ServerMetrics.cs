using System.Diagnostics;
using System.Diagnostics.Metrics;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>
/// What the server counts and times as it happens; what it observes when asked is in <see cref="ServerGauges"/>. Every instrument stands in
/// <c>docs/metrics.md</c>, which a test compares with what is exported. Attribute values are bounded by configuration and code.
/// </summary>
internal sealed class ServerMetrics
{
    public const string MeterName = "JobOrchestrator.Server";

    private readonly Counter<long> _submissions;
    private readonly Histogram<long> _uploadSize;
    private readonly Histogram<double> _queueWait;
    private readonly Histogram<double> _timeToStart;
    private readonly Histogram<double> _dispatchDuration;
    private readonly Histogram<double> _runDuration;
    private readonly Histogram<double> _collectDuration;
    private readonly Histogram<long> _resultSize;
    private readonly Histogram<double> _jobDuration;
    private readonly Counter<long> _completions;
    private readonly Counter<long> _retries;
    private readonly Histogram<int> _commitSize;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _dispatcherLag;
    private readonly Histogram<double> _passDuration;
    private readonly Counter<long> _loopFailures;

    public ServerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _submissions = meter.CreateCounter<long>("joborchestrator.job.submissions", "{job}", "Jobs that were acknowledged.");
        _uploadSize = meter.CreateHistogram("joborchestrator.upload.size", "By", "Files of an acknowledged job.", advice: HistogramBuckets.Bytes);
        _queueWait = meter.CreateHistogram(
            "joborchestrator.queue.wait", "s", "From being queued, or queued again, until claimed for a client node.", advice: HistogramBuckets.Work);
        _timeToStart = meter.CreateHistogram(
            "joborchestrator.job.time_to_start", "s", "From the acknowledgement until the script started, retries included.", advice: HistogramBuckets.Work);
        _dispatchDuration = meter.CreateHistogram(
            "joborchestrator.dispatch.duration", "s", "From the claim until the client node has all files, or failed to take them.", advice: HistogramBuckets.Step);
        _runDuration = meter.CreateHistogram(
            "joborchestrator.run.duration", "s", "From the start of the script until nothing of it is left.", advice: HistogramBuckets.Work);
        _collectDuration = meter.CreateHistogram(
            "joborchestrator.collect.duration", "s", "From the news of an end until the job is ended on record.", advice: HistogramBuckets.Step);
        _resultSize = meter.CreateHistogram("joborchestrator.result.size", "By", "Result ZIPs stored.", advice: HistogramBuckets.Bytes);
        _jobDuration = meter.CreateHistogram(
            "joborchestrator.job.duration", "s", "From the acknowledgement until the end, retries included.", advice: HistogramBuckets.Work);
        _completions = meter.CreateCounter<long>("joborchestrator.job.completions", "{job}", "Jobs that ended, whichever way.");
        _retries = meter.CreateCounter<long>("joborchestrator.job.retries", "{attempt}", "Attempts that failed on our side and were followed by another.");
        _commitSize = meter.CreateHistogram("joborchestrator.db.commit.size", "{change}", "Changes that shared a commit.", advice: HistogramBuckets.Batch);
        _commitDuration = meter.CreateHistogram(
            "joborchestrator.db.commit.duration", "s", "A transaction of the writer, from its begin until it is on the disk.", advice: HistogramBuckets.Step);
        _dispatcherLag = meter.CreateHistogram(
            "joborchestrator.dispatcher.lag", "s", "From waking the dispatcher until it looks.", advice: HistogramBuckets.Step);
        _passDuration = meter.CreateHistogram(
            "joborchestrator.dispatcher.pass.duration", "s", "A scheduling pass: snapshot, plan and claims.", advice: HistogramBuckets.Step);
        _loopFailures = meter.CreateCounter<long>("joborchestrator.loop.failures", "{failure}", "Unforeseen exceptions that a background loop survived.");
    }

    /// <summary>A job was acknowledged.</summary>
    public void Submitted(string service, long bytes)
    {
        var tag = Service(service);
        _submissions.Add(1, tag);
        _uploadSize.Record(bytes, tag);
    }

    /// <summary>A waiting job was claimed.</summary>
    public void Claimed(QueuedJob job, DateTimeOffset now) => _queueWait.Record(Seconds(job.WaitingSince, now), Service(job.Service));

    /// <summary>A claimed job was sent, or failed to be.</summary>
    /// <param name="job">The job.</param>
    /// <param name="elapsed">Time it took.</param>
    /// <param name="failure">Null when the client node has it.</param>
    public void Dispatched(QueuedJob job, TimeSpan elapsed, EndReason? failure) =>
        _dispatchDuration.Record(elapsed.TotalSeconds, failure is { } reason
            ? new TagList { Service(job.Service), new(TelemetryTags.Reason, reason.ToTag()) }
            : new TagList { Service(job.Service) });

    /// <summary>A result was stored.</summary>
    public void ResultStored(string service, long bytes) => _resultSize.Record(bytes, Service(service));

    /// <summary>A job's end came from its client node.</summary>
    public void Collected(Job job, ExecutionReport report, TimeSpan elapsed)
    {
        _collectDuration.Record(elapsed.TotalSeconds, Service(job.Service));
        if (report is { StartedAt: { } started, EndedAt: { } ended })
        {
            _timeToStart.Record(Seconds(job.QueuedAt, started), Service(job.Service));
            _runDuration.Record(Seconds(started, ended), new TagList { Service(job.Service), new(TelemetryTags.Outcome, report.State.ToTag()) });
        }
    }

    /// <summary>A job ended, whichever way.</summary>
    public void Ended(LiveJob job, JobEnding ending, DateTimeOffset now)
    {
        var outcome = new KeyValuePair<string, object?>(TelemetryTags.Outcome, ending.State.ToTag());
        _completions.Add(1, new TagList
        {
            Service(job.Service),
            outcome,
            new(TelemetryTags.Reason, ending.Reason.ToTag()),
            new(TelemetryTags.Fault, ending.Reason.ToFault(ending.State == JobState.Completed)),
        });
        _jobDuration.Record(Seconds(job.QueuedAt, now), new TagList { Service(job.Service), outcome });
    }

    /// <summary>An attempt failed on our side and the job waits again.</summary>
    public void Retried(string service, EndReason reason) =>
        _retries.Add(1, new TagList { Service(service), new(TelemetryTags.Reason, reason.ToTag()) });

    /// <summary>Changes were committed together.</summary>
    public void Committed(int changes, TimeSpan elapsed)
    {
        _commitSize.Record(changes);
        _commitDuration.Record(elapsed.TotalSeconds);
    }

    /// <summary>The dispatcher looks, this long after it was woken.</summary>
    public void DispatcherWoke(TimeSpan lag) => _dispatcherLag.Record(lag.TotalSeconds);

    /// <summary>The dispatcher has looked.</summary>
    public void PassEnded(TimeSpan elapsed) => _passDuration.Record(elapsed.TotalSeconds);

    /// <summary>A background loop survived something nobody foresaw.</summary>
    /// <param name="loop">Such as <c>dispatcher</c>.</param>
    public void LoopFailed(string loop) => _loopFailures.Add(1, new KeyValuePair<string, object?>(TelemetryTags.Loop, loop));

    private static KeyValuePair<string, object?> Service(string name) => new(TelemetryTags.Service, name);

    /// <summary>Never negative, whatever clocks do.</summary>
    private static double Seconds(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (to - from).TotalSeconds);
}
