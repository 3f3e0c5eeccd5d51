using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Telemetry;

/// <summary>
/// What the client counts and times as it happens; what it observes when asked is in <see cref="ClientGauges"/>. Every instrument stands in
/// <c>docs/metrics.md</c>, which a test compares with what is exported.
/// </summary>
internal sealed class ClientMetrics
{
    public const string MeterName = "JobOrchestrator.Client";

    /// <summary>What an execution that came over the classic surface is counted under: it names no service.</summary>
    private const string ClassicService = "classic";

    private static readonly FrozenDictionary<LimitKind, string> LimitNames =
        Enum.GetValues<LimitKind>().ToFrozenDictionary(k => k, k => JsonNamingPolicy.SnakeCaseLower.ConvertName(k.ToString()));

    private readonly Histogram<double> _queueWait;
    private readonly Histogram<double> _validationDuration;
    private readonly Histogram<double> _startDuration;
    private readonly Histogram<double> _runDuration;
    private readonly Counter<long> _completions;
    private readonly Counter<long> _kills;
    private readonly Counter<long> _limitHits;
    private readonly Counter<long> _findings;
    private readonly Counter<long> _loopFailures;

    public ClientMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _queueWait = meter.CreateHistogram("joborchestrator.client.queue.wait", "s", "From the arrival of the files until a slot is free.", advice: HistogramBuckets.Work);
        _validationDuration = meter.CreateHistogram("joborchestrator.client.validation.duration", "s", "Checking a script.", advice: HistogramBuckets.Step);
        _startDuration = meter.CreateHistogram("joborchestrator.client.start.duration", "s", "Starting a script's launcher and sandbox.", advice: HistogramBuckets.Step);
        _runDuration = meter.CreateHistogram("joborchestrator.client.run.duration", "s", "From the start of a script until nothing of it is left.", advice: HistogramBuckets.Work);
        _completions = meter.CreateCounter<long>("joborchestrator.client.completions", "{execution}", "Executions that ended, whichever way.");
        _kills = meter.CreateCounter<long>("joborchestrator.client.kills", "{execution}", "Executions that were ended by request.");
        _limitHits = meter.CreateCounter<long>("joborchestrator.client.limit_hits", "{execution}", "Executions that a limit ended.");
        _findings = meter.CreateCounter<long>("joborchestrator.client.validator.findings", "{finding}", "Objections of the validator, by rule.");
        _loopFailures = meter.CreateCounter<long>("joborchestrator.client.loop.failures", "{failure}", "Unforeseen exceptions that a background loop survived.");
    }

    public static string ServiceOf(Execution execution) => execution.Request.Service is { Length: > 0 } service ? service : ClassicService;

    /// <summary>A slot was given to an execution.</summary>
    public void GotSlot(Execution execution, DateTimeOffset now) =>
        _queueWait.Record(Seconds(execution.Report.AcceptedAt, now), Service(execution));

    /// <summary>A script was checked.</summary>
    public void Validated(IReadOnlyList<Finding> findings, TimeSpan elapsed)
    {
        _validationDuration.Record(elapsed.TotalSeconds);
        foreach (var finding in findings)
        {
            _findings.Add(1, new KeyValuePair<string, object?>(TelemetryTags.ValidatorRule, finding.RuleId));
        }
    }

    /// <summary>A launcher was started.</summary>
    public void Started(string tier, TimeSpan elapsed) =>
        _startDuration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>(TelemetryTags.SandboxTier, tier));

    /// <summary>An execution ended, whether it ever started or not.</summary>
    public void Ended(Execution execution, ExecutionReport report)
    {
        var tags = new TagList
        {
            Service(execution),
            new(TelemetryTags.Outcome, report.State.ToTag()),
            new(TelemetryTags.SandboxTier, report.SandboxTier ?? "none"),
        };
        if (report is { StartedAt: { } started, EndedAt: { } ended })
        {
            _runDuration.Record(Seconds(started, ended), tags);
        }

        tags.Add(TelemetryTags.Reason, report.Reason.ToTag());
        _completions.Add(1, tags);
        if (report.Reason == EndReason.Cancelled)
        {
            _kills.Add(1, Service(execution));
        }
    }

    /// <summary>A script is over; counted if a limit ended it.</summary>
    /// <param name="execution">The execution.</param>
    /// <param name="report">How it ended.</param>
    /// <param name="limit">Which limit; null when the kernel enforced it without saying so, as it does with the length of files.</param>
    public void Finished(Execution execution, ExecutionReport report, LimitKind? limit)
    {
        if (report.Reason is EndReason.TimedOut or EndReason.LimitExceeded)
        {
            _limitHits.Add(1, Service(execution), new(TelemetryTags.LimitKind, limit is { } kind ? LimitNames[kind] : "file_size"));
        }
    }

    /// <summary>A background loop survived something nobody foresaw.</summary>
    /// <param name="loop">Such as <c>retention</c>.</param>
    public void LoopFailed(string loop) => _loopFailures.Add(1, new KeyValuePair<string, object?>(TelemetryTags.Loop, loop));

    private static KeyValuePair<string, object?> Service(Execution execution) => new(TelemetryTags.Service, ServiceOf(execution));

    /// <summary>Never negative, whatever clocks do.</summary>
    private static double Seconds(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (to - from).TotalSeconds);
}
