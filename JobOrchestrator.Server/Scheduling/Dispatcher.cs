using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// Brings waiting jobs to client nodes: a loop around <see cref="RunOnceAsync"/>, woken whenever a job arrives or ends or a node changes.
/// Each assignment is claimed in the database first and sent afterwards, in the background; a claim that fails means that somebody was
/// faster (a cancellation), and is no error.
/// </summary>
internal sealed partial class Dispatcher : BackgroundService
{
    /// <summary>A wake-up that was missed for a reason nobody thought of delays a job by this much at most.</summary>
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(5);

    private readonly JobQueue _queue;
    private readonly JobStore _store;
    private readonly JobFiles _files;
    private readonly ServiceCatalog _catalog;
    private readonly ClientRegistry _registry;
    private readonly NodeReports _reports;
    private readonly RetryPolicy _retries;
    private readonly IClientSelector _selector;
    private readonly TimeProvider _clock;
    private readonly ILogger<Dispatcher> _logger;
    private readonly Signal _wake = new();

    public Dispatcher(
        JobQueue queue, JobStore store, JobFiles files, ServiceCatalog catalog, ClientRegistry registry, NodeReports reports,
        RetryPolicy retries, IClientSelector selector, TimeProvider clock, ILogger<Dispatcher> logger)
    {
        (_queue, _store, _files, _catalog, _registry) = (queue, store, files, catalog, registry);
        (_reports, _retries, _selector, _clock, _logger) = (reports, retries, selector, clock, logger);
        registry.Changed += Wake;
    }

    /// <summary>Something changed that may let a job start.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Makes one plan and claims all of it; returns when the next backed-off job may go.</summary>
    public async Task<DateTimeOffset?> RunOnceAsync(CancellationToken cancellationToken)
    {
        var snapshot = _queue.Capture(_clock.GetUtcNow(), _registry.Capacities(), _catalog.Services);
        var plan = FairShareScheduler.Plan(snapshot, _selector);

        // Claimed together, so that the claims share a commit.
        var claims = plan.Assignments.Select(assignment => ClaimAndSendAsync(assignment, cancellationToken)).ToArray();
        await Task.WhenAll(claims);
        return snapshot.NextEligibleAt;
    }

    public override void Dispose()
    {
        _registry.Changed -= Wake;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var next = await RunOnceAsync(stoppingToken);
                var pause = next is { } at ? at - _clock.GetUtcNow() : SafetyNet;
                await _wake.WaitAsync(Clamp(pause), _clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.PassFailed(_logger, e);
                await Task.Delay(SafetyNet, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TimeSpan Clamp(TimeSpan pause) =>
        pause < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : pause > SafetyNet ? SafetyNet : pause;

    private async Task ClaimAndSendAsync(Assignment assignment, CancellationToken cancellationToken)
    {
        if (_registry.Find(assignment.ClientAddress) is not { } node)
        {
            return;
        }

        // Tracked before the claim is durable: news of the execution can only come later than this.
        var execution = new ExecutionRef(assignment.Job.Id, assignment.Job.Attempt);
        node.Track(execution);
        if (await _store.TryClaimAsync(assignment.Job, node.Address))
        {
            _ = SendAsync(assignment.Job, node, execution, cancellationToken);
        }
        else
        {
            node.Untrack(execution.JobId, execution.Attempt);
        }
    }

    /// <summary>Sends a claimed job's files; the answer goes the way of all reports. Never throws.</summary>
    private async Task SendAsync(QueuedJob job, ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        try
        {
            var request = new ExecutionRequest(job.Service, _catalog.Services.GetValueOrDefault(job.Service)?.TimeLimit);
            var submission = new Submission(execution, request, _files.InputDirectory(job.Id));
            var (accepted, report) = await node.Protocol.SubmitAsync(submission, cancellationToken);
            if (accepted.ClassicId is not null)
            {
                node.Track(accepted);
            }

            Log.Dispatched(_logger, job.Id, job.Attempt, job.Service, node.Address);
            await _store.TryAdvanceAsync(job.Id, job.Attempt, JobState.Submitted, accepted.ClassicId, report);
            _reports.Publish(new NodeReport(node, report));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops. The job stays Processing in the database, and the next start takes it from there.
        }
        catch (ClientException e)
        {
            await _retries.RetryAsync(job.Id, job.Attempt, job.Service, e.Reason, e.Message);
        }
        catch (Exception e)
        {
            Log.SendFailed(_logger, job.Id, job.Attempt, node.Address, e);
            await _retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.ClientFailed, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} ({Service}) is on {Client}")]
        public static partial void Dispatched(ILogger logger, int jobId, int attempt, string service, string client);

        [LoggerMessage(LogLevel.Error, "Sending job {JobId}, attempt {Attempt} to {Client} failed")]
        public static partial void SendFailed(ILogger logger, int jobId, int attempt, string client, Exception exception);

        [LoggerMessage(LogLevel.Error, "A scheduling pass failed; going on")]
        public static partial void PassFailed(ILogger logger, Exception exception);
    }
}
