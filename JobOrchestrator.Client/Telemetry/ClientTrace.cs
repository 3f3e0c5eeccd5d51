using System.Diagnostics;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;

namespace JobOrchestrator.Client.Telemetry;

/// <summary>
/// The client's part of a job's trace: <c>execution.validate</c>, <c>execution.queue</c>, <c>execution.start</c>, <c>execution.run</c>. All
/// belong to the context that came with the execution and is kept in its record, so that what outlives a restart of the client stays in its trace.
/// </summary>
internal static class ClientTrace
{
    public const string SourceName = "JobOrchestrator.Client";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Checking the script.</summary>
    public static Activity? StartValidation(Execution execution) => Start("execution.validate", execution);

    /// <summary>Starting the script's launcher.</summary>
    public static Activity? StartSandbox(Execution execution, string tier) =>
        Start("execution.start", execution)?.SetTag(TelemetryTags.SandboxTier, tier);

    /// <summary>A slot was given to an execution.</summary>
    public static void RecordWait(Execution execution, DateTimeOffset now) =>
        JobSpans.Record(Source, "execution.queue", execution.Request.TraceParent, execution.Report.AcceptedAt, now, Names(execution));

    /// <summary>An execution that ran is over.</summary>
    public static void RecordRun(Execution execution, ExecutionReport report)
    {
        if (report is not { StartedAt: { } started, EndedAt: { } ended }
            || JobSpans.Start(Source, "execution.run", execution.Request.TraceParent, start: started) is not { } span)
        {
            return;
        }

        using (span)
        {
            SetNames(span, execution)
                .SetTag(TelemetryTags.Outcome, report.State.ToTag()).SetTag(TelemetryTags.Reason, report.Reason.ToTag())
                .SetTag(TelemetryTags.SandboxTier, report.SandboxTier).SetTag(TelemetryTags.TimeLimit, execution.Request.TimeLimit?.TotalSeconds)
                .SetTag("job.limit.cpu", execution.Request.Limits?.Cpu?.TotalSeconds).SetTag("job.limit.memory", execution.Request.Limits?.Memory)
                .SetTag("process.exit.code", report.ExitCode).SetTag("process.exit.signal", report.Signal);
            if (report.State == ExecutionState.Lost)
            {
                span.Fail(report.Reason.ToTag(), report.Message);
            }

            span.SetEndTime((ended > started ? ended : started).UtcDateTime);
        }
    }

    private static Activity? Start(string name, Execution execution) =>
        JobSpans.Start(Source, name, execution.Request.TraceParent) is { } span ? SetNames(span, execution) : null;

    private static Activity SetNames(Activity span, Execution execution)
    {
        foreach (var (key, value) in Names(execution))
        {
            span.SetTag(key, value);
        }

        return span;
    }

    private static KeyValuePair<string, object?>[] Names(Execution execution) =>
    [
        new(TelemetryTags.JobId, execution.Key.JobId),
        new(TelemetryTags.Attempt, execution.Key.Attempt),
        new(TelemetryTags.Service, ClientMetrics.ServiceOf(execution)),
    ];
}
