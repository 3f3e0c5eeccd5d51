using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Results;

/// <summary>
/// The safety net: sees to it that no state lasts for ever. Asks again about executions whose news may have been missed, sends
/// jobs of client nodes that stay away elsewhere, enforces the deadline of every state, and pays what is owed to nodes that came back (kill and
/// delete of attempts that no longer count). Also what makes a restart of the server whole: jobs found active in the database are
/// simply looked after like any others. Nodes are looked after side by side, so that one that hangs delays nobody else's jobs.
/// </summary>
internal sealed partial class LostJobRescuer(
    JobStore store, UnstoredUploads unstored, JobQueue queue, ClientRegistry registry, NodeReports reports, RetryPolicy retries, RunningJobKiller killer,
    Dispatcher dispatcher, ServiceCatalog catalog, ServerOptions options, ServerMetrics metrics, TimeProvider clock, ILogger<LostJobRescuer> logger)
    : BackgroundService
{
    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromSeconds(5);

    /// <summary>What a client node is given beyond a script's time limit to end it and say so.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, DateTimeOffset> _awaySince = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DateTimeOffset> _missingSince = new(StringComparer.Ordinal);

    /// <summary>A pass comes several times before a client node counts as lost.</summary>
    private TimeSpan Period => TimeSpan.FromTicks(Math.Clamp(options.ClientLostAfter.Ticks / 4, MinPeriod.Ticks, MaxPeriod.Ticks));

    /// <summary>How long a state may go without news before its node is asked.</summary>
    private TimeSpan AskAfter => Period * 2;

    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();

        // Before the database is read: what is tracked later than this may be missing from what is read.
        var tracked = registry.All.ToDictionary(n => n, n => n.Arrived);
        var active = await store.ListAsync(JobStateTable.Active, cancellationToken);
        NoteWhoIsAway(active, now);
        await Task.WhenAll(active.GroupBy(j => j.Client!).Select(jobs => LookAfterAsync(registry.Find(jobs.Key), [.. jobs], now, cancellationToken)));
        await GiveUpQueuedAsync(now, cancellationToken);
        await unstored.RunOnceAsync();
        var current = active.Select(j => (j.Id, j.Attempt)).ToHashSet();
        await Task.WhenAll(tracked.Select(t => SettleAsync(t.Key, t.Value, current, cancellationToken)));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunGuardedAsync(() => RunOnceAsync(stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task RunGuardedAsync(Func<Task> pass, CancellationToken cancellationToken)
    {
        try
        {
            await pass();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.LoopFailed("rescuer");
            Log.PassFailed(logger, e);
        }
    }

    private static bool IsAway(ClientNode? node) => node is null or { Health: NodeHealth.Unreachable or NodeHealth.Gone or NodeHealth.Unknown };

    private void NoteWhoIsAway(List<Job> active, DateTimeOffset now)
    {
        var away = active.Select(j => j.Client!).Where(c => IsAway(registry.Find(c))).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var back in _awaySince.Keys.Where(c => !away.Contains(c)).ToArray())
        {
            _awaySince.Remove(back);
        }

        foreach (var client in away)
        {
            _awaySince.TryAdd(client, now);
        }
    }

    private async Task LookAfterAsync(ClientNode? node, List<Job> jobs, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var told = await ListAsync(node, jobs.Count(j => IsAskDue(j, now)), cancellationToken);
        foreach (var job in jobs)
        {
            await RunGuardedAsync(() => LookAfterAsync(node, job, told.GetValueOrDefault(ExecutionRef.Of(job)), now, cancellationToken), cancellationToken);
        }
    }

    private bool IsAskDue(Job job, DateTimeOffset now) => now - job.ChangedAt >= AskAfter;

    /// <summary>One question instead of one per job; who is not in the answer is asked about alone.</summary>
    private async Task<Dictionary<ExecutionRef, ExecutionReport>> ListAsync(ClientNode? node, int jobs, CancellationToken cancellationToken)
    {
        if (node is null || IsAway(node) || node.IsClassic || jobs <= 1)
        {
            return [];
        }

        try
        {
            return (await node.Protocol.ListAsync(cancellationToken)).DistinctBy(ExecutionRef.Of).ToDictionary(ExecutionRef.Of);
        }
        catch (ClientException e)
        {
            Log.ListFailed(logger, node.Address, e.Message);
            return [];
        }
    }

    private async Task LookAfterAsync(ClientNode? node, Job job, ExecutionReport? told, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var scope = logger.BeginJobScope(job);
        if (node is null || IsAway(node))
        {
            var since = _awaySince.GetValueOrDefault(job.Client!, now);
            if (now - since >= options.ClientLostAfter)
            {
                await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientUnreachable,
                    $"Client node {job.Client} has not answered for {(int)(now - since).TotalSeconds} s.");
            }
        }
        else if (IsAskDue(job, now))
        {
            var ended = await AskAsync(job, node, told, cancellationToken);
            await EnforceDeadlineAsync(job, node, ended, now);
        }
    }

    /// <summary>True when the execution has ended, one way or another, and the news of it is on its way to the collector.</summary>
    private async Task<bool> AskAsync(Job job, ClientNode node, ExecutionReport? told, CancellationToken cancellationToken)
    {
        if (node.IsSending(job.Id, job.Attempt))
        {
            return false; // the transfer has a time limit of its own
        }

        var execution = ExecutionRef.Of(job);
        if (node.IsClassic && job.ClassicId is null)
        {
            // The server died before the answer came: such an execution has no name we could ask by.
            await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientFailed, "The server was restarted during the submission.");
            return true;
        }

        if (job.State == JobState.Running && told?.State == ExecutionState.Running)
        {
            node.Track(execution);
            return false; // no news, as nearly always
        }

        try
        {
            if ((told ?? await node.Protocol.FindAsync(execution, cancellationToken)) is { } report)
            {
                node.Track(execution);
                reports.Publish(new NodeReport(node, report));
                return report.State.IsFinal();
            }

            await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientRestarted,
                job.State == JobState.Processing
                    ? $"The server was restarted before client node {node.Address} had the files."
                    : $"Client node {node.Address} does not know this execution.");
            return true;
        }
        catch (ClientException e)
        {
            Log.AskFailed(logger, job.Id, job.Attempt, node.Address, e.Message);
            return false;
        }
    }

    /// <summary>For a job whose node is there. One that has ended there is given the time its result may need to come in.</summary>
    private async Task EnforceDeadlineAsync(Job job, ClientNode node, bool ended, DateTimeOffset now)
    {
        if (job.State != JobState.Running)
        {
            if (now - job.ChangedAt >= options.StartDeadline && !ended && !node.IsSending(job.Id, job.Attempt))
            {
                await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.DeadlineExceeded,
                    $"Client node {node.Address} had not started it after {options.StartDeadline.TotalSeconds:0} s.");
            }

            return;
        }

        var timeLimit = catalog.TimeLimitOf(job.Service, job.TimeLimitSeconds);
        var longest = ended ? Max(timeLimit, options.RunDeadline) + options.TransferDeadline : timeLimit ?? options.RunDeadline;
        if (now - job.ChangedAt < longest + Slack)
        {
            return;
        }

        var ending = ended
            ? new JobEnding(JobState.Failed, EndReason.CollectFailed, $"It has ended on client node {node.Address}, but its result could not be stored.")
            : timeLimit is { } limit
            ? new JobEnding(JobState.Failed, EndReason.TimedOut,
                $"It ran longer than its limit of {limit.TotalSeconds:0} s, and client node {node.Address} did not end it.")
            : new JobEnding(JobState.Failed, EndReason.DeadlineExceeded,
                $"It ran longer than {options.RunDeadline.TotalSeconds:0} s, which is the longest for a job without a time limit (RUN_DEADLINE).");
        if (await store.TryFinishAttemptAsync(job.Id, job.Attempt, ending))
        {
            Log.Overdue(logger, job.Id, job.Attempt, ending.Message);
            dispatcher.Wake();
            await killer.KillAsync(job);
        }
    }

    private static TimeSpan Max(TimeSpan? limit, TimeSpan deadline) => limit > deadline ? limit.Value : deadline;

    private async Task GiveUpQueuedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var job in await store.ListQueuedBeforeAsync(now - options.QueueDeadline, cancellationToken))
        {
            await EndQueuedAsync(job, EndReason.DeadlineExceeded, $"It waited longer than {options.QueueDeadline.TotalSeconds:0} s for a client node.");
        }

        var removed = queue.Depth().Where(d => d.Waiting > 0 && !catalog.Services.ContainsKey(d.Service)).ToArray();
        foreach (var (service, waiting, _) in removed)
        {
            // Counted from when it was missed: that its jobs have waited long says nothing about how long it has been gone.
            if (_missingSince.TryAdd(service, now))
            {
                Log.ServiceRemoved(logger, service, waiting, options.RemovedServiceGrace.TotalSeconds);
            }

            if (now - _missingSince[service] < options.RemovedServiceGrace)
            {
                continue;
            }

            foreach (var job in await store.ListQueuedOfServiceAsync(service, now, cancellationToken))
            {
                await EndQueuedAsync(job, EndReason.ServiceRemoved, $"Its service '{service}' is no longer configured.");
            }
        }
    }

    private async Task EndQueuedAsync(Job job, EndReason reason, string message)
    {
        if (await store.TryFinishAsync(job.Id, job.Attempt, new JobEnding(JobState.Failed, reason, message)))
        {
            using var scope = logger.BeginJobScope(job);
            Log.GivenUp(logger, job.Id, message);
        }
    }

    /// <summary>Tells a node to end and delete what ended here without its knowing, and forgets what is no longer of any concern there.</summary>
    private async Task SettleAsync(
        ClientNode node, IReadOnlyList<ExecutionRef> tracked, HashSet<(int JobId, int Attempt)> current, CancellationToken cancellationToken)
    {
        var owed = await store.ListUnreleasedAsync(node.Address, cancellationToken);
        var reachable = !IsAway(node);
        var concerns = reachable || node.IsConfigured ? owed.Select(a => (a.JobId, a.Number)).ToHashSet() : [];
        foreach (var execution in tracked.Where(t => !current.Contains((t.JobId, t.Attempt)) && !concerns.Contains((t.JobId, t.Attempt))))
        {
            node.Untrack(execution.JobId, execution.Attempt);
        }

        foreach (var attempt in reachable ? owed : [])
        {
            await RunGuardedAsync(() => PayAsync(node, attempt, cancellationToken), cancellationToken);
        }
    }

    private async Task PayAsync(ClientNode node, OwedAttempt attempt, CancellationToken cancellationToken)
    {
        using var scope = logger.BeginScope(new JobScope(attempt.JobId, attempt.Number, attempt.Service, attempt.TraceParent));
        var execution = new ExecutionRef(attempt.JobId, attempt.Number, attempt.Upload, attempt.ClassicId);
        try
        {
            if (IsAway(node) || node.IsSending(attempt.JobId, attempt.Number))
            {
                return;
            }

            if (node.IsClassic && execution.ClassicId is null
                || await node.Protocol.FindAsync(execution, cancellationToken) is not { } report)
            {
                node.Untrack(attempt.JobId, attempt.Number);
                await store.ReleaseAsync(attempt.JobId, attempt.Number);
            }
            else if (report.State.IsFinal())
            {
                node.Track(execution);
                reports.Publish(new NodeReport(node, report));
            }
            else
            {
                node.Track(execution);
                await node.Protocol.KillAsync(execution, cancellationToken);
            }
        }
        catch (ClientException e)
        {
            Log.AskFailed(logger, attempt.JobId, attempt.Number, node.Address, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Cannot ask {Client} about job {JobId}, attempt {Attempt}: {Reason}")]
        public static partial void AskFailed(ILogger logger, int jobId, int attempt, string client, string reason);

        [LoggerMessage(LogLevel.Warning, "Cannot ask {Client} about its executions: {Reason}")]
        public static partial void ListFailed(ILogger logger, string client, string reason);

        [LoggerMessage(LogLevel.Warning, "Job {JobId} waits no longer: {Reason}")]
        public static partial void GivenUp(ILogger logger, int jobId, string reason);

        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt} is overdue: {Reason}")]
        public static partial void Overdue(ILogger logger, int jobId, int attempt, string reason);

        [LoggerMessage(LogLevel.Warning, "{Waiting} jobs wait for service {Service}, which is not configured; they fail in {Grace} s if it does not come back")]
        public static partial void ServiceRemoved(ILogger logger, string service, int waiting, double grace);

        [LoggerMessage(LogLevel.Error, "Looking after lost jobs failed; going on")]
        public static partial void PassFailed(ILogger logger, Exception exception);
    }
}
