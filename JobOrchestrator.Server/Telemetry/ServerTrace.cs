using System.Diagnostics;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>
/// The server's part of a job's trace: <c>job.upload</c>, then for each attempt <c>job.queue</c>, <c>job.schedule</c>, <c>job.dispatch</c> and
/// <c>job.collect</c>, and a <c>job.download</c> for each time the result is fetched. All belong to the context of the upload request, which is
/// stored with the job; the client's spans belong to the dispatch, whose context goes with the request.
/// </summary>
internal static class ServerTrace
{
    public const string SourceName = "JobOrchestrator.Server";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The upload under way; belongs to the HTTP request.</summary>
    public static Activity? StartUpload() => Source.StartActivity("job.upload");

    public static void SetJob(this Activity? span, int jobId, string service) =>
        span?.SetTag(TelemetryTags.JobId, jobId).SetTag(TelemetryTags.Service, service);

    /// <summary>Sending an attempt to its node. Started before the claim, which stores its context. Repeated attempts are linked to the one before.</summary>
    public static Activity? StartDispatch(QueuedJob job, string node, TimeSpan? timeLimit) =>
        JobSpans.Start(Source, "job.dispatch", job.TraceParent, job.PreviousTraceParent)
            ?.SetTag(TelemetryTags.JobId, job.Id).SetTag(TelemetryTags.Attempt, job.Attempt).SetTag(TelemetryTags.Service, job.Service)
            .SetTag(TelemetryTags.Node, node).SetTag(TelemetryTags.TimeLimit, timeLimit?.TotalSeconds);

    /// <summary>What came before the dispatch and is over: the wait in the queue and the decision that ended it.</summary>
    public static void RecordScheduled(QueuedJob job, string node, SchedulingPass pass)
    {
        JobSpans.Record(
            Source, "job.queue", job.TraceParent, job.WaitingSince, pass.Started,
            new(TelemetryTags.JobId, job.Id), new(TelemetryTags.Attempt, job.Attempt), new(TelemetryTags.Service, job.Service));
        JobSpans.Record(
            Source, "job.schedule", job.TraceParent, pass.Started, pass.Decided,
            new(TelemetryTags.JobId, job.Id), new(TelemetryTags.Attempt, job.Attempt), new(TelemetryTags.Service, job.Service),
            new(TelemetryTags.Node, node), new("scheduler.nodes", pass.Nodes), new("scheduler.assigned", pass.Assigned));
    }

    /// <summary>A claim that somebody was faster than: nothing was dispatched, so there is nothing to show.</summary>
    public static void Discard(this Activity? span)
    {
        if (span is not null)
        {
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            span.IsAllDataRequested = false;
            span.Dispose();
        }
    }

    /// <summary>Fetching what an attempt left, up to its end on record.</summary>
    public static Activity? StartCollect(Job job, string node) =>
        JobSpans.Start(Source, "job.collect", job.TraceParent)
            ?.SetTag(TelemetryTags.JobId, job.Id).SetTag(TelemetryTags.Attempt, job.Attempt).SetTag(TelemetryTags.Service, job.Service)
            .SetTag(TelemetryTags.Node, node);

    public static void SetEnding(this Activity? span, JobEnding ending) =>
        span?.SetTag(TelemetryTags.Outcome, ending.State.ToTag()).SetTag(TelemetryTags.Reason, ending.Reason.ToTag())
            .SetTag(TelemetryTags.SandboxTier, ending.SandboxTier).SetTag("job.exit_code", ending.ExitCode);

    /// <summary>Follows the answer that sends a job's result to its end. The request has a trace of its own, which is linked.</summary>
    public static void FollowDownload(HttpContext context, Job job)
    {
        var request = Activity.Current;
        if (JobSpans.Start(Source, "job.download", job.TraceParent, request?.Id) is not { } span)
        {
            return;
        }

        span.SetJob(job.Id, job.Service);
        Activity.Current = request;
        context.Response.OnCompleted(static state =>
        {
            ((Activity)state).Dispose();
            return Task.CompletedTask;
        }, span);
    }
}
