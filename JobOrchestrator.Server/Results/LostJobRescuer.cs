using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Results;

/// <summary>
/// The safety net: sees to it that no state lasts for ever. Asks again about executions whose news may have been missed, sends
/// jobs of client nodes that stay away elsewhere, gives up jobs that waited past their deadline or lost their service, and pays what is owed
/// to nodes that came back (kill and delete of attempts that no longer count). Also what makes a restart of the server whole: jobs found
/// active in the database are simply looked after like any others.
/// </summary>
internal sealed partial class LostJobRescuer(
    JobStore store, JobQueue queue, ClientRegistry registry, NodeReports reports, RetryPolicy retries, ServiceCatalog catalog,
    ServerOptions options, TimeProvider clock, ILogger<LostJobRescuer> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>How long a state may go without news before its node is asked.</summary>
    private static readonly TimeSpan AskAfter = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, DateTimeOffset> _awaySince = new(StringComparer.OrdinalIgnoreCase);

    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var job in await store.ListAsync(JobStateTable.Active, cancellationToken))
        {
            await LookAfterActiveAsync(job, now, cancellationToken);
        }

        await GiveUpQueuedAsync(now, cancellationToken);
        foreach (var node in registry.All.Where(n => n.Health is NodeHealth.Healthy or NodeHealth.Draining or NodeHealth.Unfit))
        {
            await PayDebtsAsync(node, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunGuardedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task RunGuardedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunOnceAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.PassFailed(logger, e);
        }
    }

    private async Task LookAfterActiveAsync(Job job, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var node = registry.Find(job.Client);
        if (node is null or { Health: NodeHealth.Unreachable or NodeHealth.Gone or NodeHealth.Unknown })
        {
            var since = _awaySince.TryGetValue(job.Client!, out var known) ? known : _awaySince[job.Client!] = now;
            if (now - since >= options.ClientLostAfter)
            {
                await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientUnreachable,
                    $"Client node {job.Client} has not answered for {(int)(now - since).TotalSeconds} s.");
            }

            return;
        }

        _awaySince.Remove(job.Client!);
        if (now - job.ChangedAt < AskAfter)
        {
            return;
        }

        await AskAsync(job, node, now, cancellationToken);
    }

    private async Task AskAsync(Job job, ClientNode node, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var execution = new ExecutionRef(job.Id, job.Attempt, job.ClassicId);
        if (node.IsClassic && job.ClassicId is null)
        {
            // The upload is still going on, or the server died before the answer came: such an execution has no name we could ask by.
            if (!node.Tracked.Any(t => t.JobId == job.Id && t.Attempt == job.Attempt))
            {
                await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientFailed, "The server was restarted during the submission.");
            }

            return;
        }

        try
        {
            if (await node.Protocol.FindAsync(execution, cancellationToken) is { } report)
            {
                node.Track(execution);
                reports.Publish(new NodeReport(node, report));
            }
            else if (job.State != JobState.Processing || !node.Tracked.Any(t => t.JobId == job.Id && t.Attempt == job.Attempt))
            {
                await retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientRestarted,
                    $"Client node {node.Address} does not know this execution.");
            }
        }
        catch (ClientException e)
        {
            Log.AskFailed(logger, job.Id, job.Attempt, node.Address, e.Message);
        }
    }

    private async Task GiveUpQueuedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var job in await store.ListQueuedBeforeAsync(now - options.QueueDeadline, cancellationToken))
        {
            await store.TryFinishAsync(job.Id, job.Attempt, new JobEnding(JobState.Failed, EndReason.DeadlineExceeded,
                $"It waited longer than {options.QueueDeadline.TotalSeconds:0} s for a client node."));
        }

        foreach (var (service, waiting, _) in queue.Depth().Where(d => d.Waiting > 0 && !catalog.Services.ContainsKey(d.Service)))
        {
            Log.ServiceRemoved(logger, service, waiting);
            foreach (var job in await store.ListQueuedOfServiceAsync(service, now - options.RemovedServiceGrace, cancellationToken))
            {
                await store.TryFinishAsync(job.Id, job.Attempt, new JobEnding(JobState.Failed, EndReason.ServiceRemoved,
                    $"Its service '{service}' is no longer configured."));
            }
        }
    }

    /// <summary>Tells a node to end and delete what ended here without its knowing.</summary>
    private async Task PayDebtsAsync(ClientNode node, CancellationToken cancellationToken)
    {
        foreach (var attempt in await store.ListUnreleasedAsync(node.Address, cancellationToken))
        {
            var execution = new ExecutionRef(attempt.JobId, attempt.Number, attempt.ClassicId);
            try
            {
                if (node.IsClassic && execution.ClassicId is null
                    || await node.Protocol.FindAsync(execution, cancellationToken) is not { } report)
                {
                    node.Untrack(attempt.JobId, attempt.Number);
                    await store.ReleaseAsync(attempt.JobId, attempt.Number);
                }
                else if (report.State.IsFinal())
                {
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
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Cannot ask {Client} about job {JobId}, attempt {Attempt}: {Reason}")]
        public static partial void AskFailed(ILogger logger, int jobId, int attempt, string client, string reason);

        [LoggerMessage(LogLevel.Warning, "{Waiting} jobs wait for service {Service}, which is not configured")]
        public static partial void ServiceRemoved(ILogger logger, string service, int waiting);

        [LoggerMessage(LogLevel.Error, "Looking after lost jobs failed; going on")]
        public static partial void PassFailed(ILogger logger, Exception exception);
    }
}
