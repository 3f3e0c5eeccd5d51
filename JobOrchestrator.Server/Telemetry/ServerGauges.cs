using System.Diagnostics.Metrics;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>
/// What the server tells about itself when asked: the queue, the quotas, the client nodes as it sees them, the disk. Nothing here costs
/// anything between two questions, nor grows with the length of the queue or of the history.
/// </summary>
internal sealed class ServerGauges : IHostedService
{
    /// <summary>States a job can be in without having ended, each reported for each service, zeros included: a zero is not the same as no news.</summary>
    private static readonly JobState[] LiveStates = [JobState.Queued, .. JobStateTable.Active];

    private static readonly TimeSpan EnforcementSlack = TimeSpan.FromMinutes(5);

    private readonly JobQueue _queue;
    private readonly ServiceCatalog _catalog;
    private readonly ClientRegistry _registry;
    private readonly FairnessSampler _fairness;
    private readonly ServerOptions _options;
    private readonly TimeProvider _clock;

    public ServerGauges(
        IMeterFactory meters, JobQueue queue, ServiceCatalog catalog, ClientRegistry registry, FairnessSampler fairness, ServerOptions options,
        TimeProvider clock)
    {
        (_queue, _catalog, _registry, _fairness, _options, _clock) = (queue, catalog, registry, fairness, options, clock);
        var started = clock.GetUtcNow();
        var meter = meters.Create(ServerMetrics.MeterName);
        meter.CreateObservableUpDownCounter("joborchestrator.jobs", ObserveJobs, "{job}", "Jobs that have not ended, by service and state.");
        meter.CreateObservableUpDownCounter("joborchestrator.queue.depth", ObserveDepth, "{job}", "Jobs that wait, those in back-off included.");
        meter.CreateObservableGauge("joborchestrator.queue.oldest_age", ObserveAge, "s", "Time since the acknowledgement of the oldest job that waits; 0 when none does.");
        meter.CreateObservableUpDownCounter(
            "joborchestrator.jobs.overdue", CountOverdue, "{job}", "Jobs that are past every deadline of their state: whoever should enforce it does not.");
        meter.CreateObservableGauge(
            "joborchestrator.quota.saturation", ObserveSaturation, description: "Executions of a service in relation to its MAX_RUNS; 1 is full.");
        meter.CreateObservableUpDownCounter(
            "joborchestrator.quota.users_at_limit", ObserveUsersAtLimit, "{user}", "Users with jobs waiting who run as many as RUNS_PER_USER lets them.");
        meter.CreateObservableGauge(
            "joborchestrator.fairness", ObserveFairness, description: "Jain's index of slot time between users with jobs waiting; 1 is fair, 1/n is one for all.");
        meter.CreateObservableUpDownCounter("joborchestrator.nodes", ObserveNodes, "{node}", "Client nodes by health.");
        meter.CreateObservableUpDownCounter("joborchestrator.node.slots", () => PerNode(n => n.Status?.Slots), "{slot}", "Executions a client node runs at once.");
        meter.CreateObservableUpDownCounter(
            "joborchestrator.node.executions", () => PerNode(n => n.Capacity?.Busy), "{execution}", "Executions on a client node, waiting ones included; only while it takes work.");
        meter.CreateObservableGauge("joborchestrator.node.cpu.utilization", () => PerNode(n => n.Capacity?.Cpu / 100), description: "CPU use of a client node's host, 0 to 1.");
        meter.CreateObservableUpDownCounter(
            "joborchestrator.node.disk.free", () => PerNode(n => n.Status?.DiskFree), "By", "Free bytes where a client node keeps the jobs' directories.");
        meter.CreateObservableGauge("joborchestrator.node.info", ObserveNodeInfo, description: "Always 1; its attributes say what a client node is.");
        meter.CreateObservableUpDownCounter("joborchestrator.disk.used", () => ObserveDisk(d => d.TotalSize - d.TotalFreeSpace), "By", "Used bytes where inputs and results are kept.");
        meter.CreateObservableUpDownCounter("joborchestrator.disk.free", () => ObserveDisk(d => d.AvailableFreeSpace), "By", "Free bytes where inputs and results are kept.");
        meter.CreateObservableGauge(
            "joborchestrator.backup.success_time", ObserveBackup, "s", "When the latest backup succeeded, since 1970; nothing before the first one.");
        meter.CreateObservableGauge(
            "joborchestrator.process.start_time", () => started.ToUnixTimeMilliseconds() / 1000.0, "s", "When the process started, since 1970.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> ObserveJobs() =>
        from service in Services()
        from state in LiveStates
        select new Measurement<int>(
            state == JobState.Queued ? service.Waiting : service.Active.GetValueOrDefault(state),
            Service(service), new(TelemetryTags.State, state.ToTag()));

    private IEnumerable<Measurement<int>> ObserveDepth() => Services().Select(s => new Measurement<int>(s.Waiting, Service(s)));

    private IEnumerable<Measurement<double>> ObserveAge()
    {
        var now = _clock.GetUtcNow();
        return Services().Select(s => new Measurement<double>(s.OldestWaiting is { } at ? Math.Max(0, (now - at).TotalSeconds) : 0, Service(s)));
    }

    /// <summary>Counts generously: the longest that any rule allows a state, and some minutes for the rule to be applied.</summary>
    private int CountOverdue()
    {
        var now = _clock.GetUtcNow();
        var waiting = Services().Count(s => s.OldestWaiting < now - _options.QueueDeadline - EnforcementSlack);
        return waiting + _queue.Running().Count(job => job.ChangedAt < now - LongestIn(job) - EnforcementSlack);
    }

    private TimeSpan LongestIn(LiveJob job)
    {
        var limit = _catalog.Services.GetValueOrDefault(job.Service)?.TimeLimit ?? _options.RunDeadline;
        var stay = job.State == JobState.Running ? limit > _options.RunDeadline ? limit : _options.RunDeadline : _options.StartDeadline;
        return stay + _options.TransferDeadline + _options.ClientLostAfter;
    }

    private IEnumerable<Measurement<double>> ObserveBackup() =>
        BackupMark.Read(_options) is { } at ? [new Measurement<double>(at.ToUnixTimeMilliseconds() / 1000.0)] : [];

    private IEnumerable<Measurement<double>> ObserveSaturation() =>
        from service in Services()
        where _catalog.Services.ContainsKey(service.Service)
        select new Measurement<double>((double)service.Active.Values.Sum() / _catalog.Services[service.Service].MaxRuns, Service(service));

    private IEnumerable<Measurement<int>> ObserveUsersAtLimit() =>
        from service in Services()
        where _catalog.Services.ContainsKey(service.Service)
        let limit = _catalog.Services[service.Service].RunsPerUser
        select new Measurement<int>(service.Users.Count(u => u.Waiting > 0 && u.Running >= limit), Service(service));

    private IEnumerable<Measurement<double>> ObserveFairness()
    {
        var known = _fairness.Index.ToDictionary(StringComparer.Ordinal);
        return Services().Select(s => new Measurement<double>(known.GetValueOrDefault(s.Service, 1), Service(s)));
    }

    private IEnumerable<Measurement<int>> ObserveNodes()
    {
        var counted = _registry.All.CountBy(n => n.Health).ToDictionary();
        return Enum.GetValues<NodeHealth>().Select(h => new Measurement<int>(
            counted.GetValueOrDefault(h), new KeyValuePair<string, object?>(TelemetryTags.NodeHealth, h.ToTag())));
    }

    private IEnumerable<Measurement<T>> PerNode<T>(Func<ClientNode, T?> value)
        where T : struct =>
        from node in _registry.All
        let known = value(node)
        where known is not null
        select new Measurement<T>(known.Value, new KeyValuePair<string, object?>(TelemetryTags.Node, node.Address));

    private IEnumerable<Measurement<int>> ObserveNodeInfo() => _registry.All.Select(n => new Measurement<int>(
        1,
        new(TelemetryTags.Node, n.Address),
        new(TelemetryTags.NodeHealth, n.Health.ToTag()),
        new(TelemetryTags.SandboxTier, n.Status?.SandboxTier ?? "unknown"),
        new(TelemetryTags.NodeVersion, n.Status?.Version ?? "unknown")));

    private Measurement<long> ObserveDisk(Func<DriveInfo, long> value) => new(value(new DriveInfo(_options.DataPath)));

    /// <summary>Every configured service, whether anything was ever submitted to it or not, and those of which jobs are left.</summary>
    private IEnumerable<ServiceCensus> Services()
    {
        var census = _queue.Census();
        var seen = census.Select(s => s.Service).ToHashSet(StringComparer.Ordinal);
        return census.Concat(_catalog.Services.Values.Where(s => !seen.Contains(s.Name)).Select(s => ServiceCensus.Empty(s.Name)));
    }

    private static KeyValuePair<string, object?> Service(ServiceCensus service) => new(TelemetryTags.Service, service.Service);
}
