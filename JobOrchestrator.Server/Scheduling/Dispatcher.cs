using System.Diagnostics;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// Brings waiting jobs to client nodes: a loop around <see cref="RunOnceAsync"/>, woken whenever a job arrives or ends or a node changes.
/// Each assignment is claimed in the database first and sent afterwards, in the background; a claim that fails means that somebody was
/// faster (a cancellation), and is no error. A stop ends the loop first, before requests are waited for, and then waits for what is being sent.
/// </summary>
internal sealed partial class Dispatcher : BackgroundService, IHostedLifecycleService
{
    /// <summary>How long a client node whose disk is full is given no work.</summary>
    private static readonly TimeSpan FullDiskRest = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SecondLook = TimeSpan.FromMilliseconds(200);


    /// <summary>A wake-up that was missed for a reason nobody thought of delays a job by this much at most.</summary>
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(5);

    /// <summary>A job that ends at once need not be noted on its way there; its end is.</summary>
    private static readonly TimeSpan NoteAfter = TimeSpan.FromMilliseconds(20);

    private readonly JobQueue _queue;
    private readonly JobStore _store;
    private readonly JobFiles _files;
    private readonly ServiceCatalog _catalog;
    private readonly ClientRegistry _registry;
    private readonly NodeReports _reports;
    private readonly RetryPolicy _retries;
    private readonly AttemptFence _fence;
    private readonly IClientSelector _selector;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<Dispatcher> _logger;
    private readonly Signal _wake = new();
    private readonly BackgroundTasks _sends = new();
    private readonly CancellationTokenSource _giveUp = new();
    private long _wokenAt;
    private long _lookedAt;

    public Dispatcher(
        JobQueue queue, JobStore store, JobFiles files, ServiceCatalog catalog, ClientRegistry registry, NodeReports reports,
        RetryPolicy retries, AttemptFence fence, IClientSelector selector, ServerMetrics metrics, TimeProvider clock,
        ILogger<Dispatcher> logger)
    {
        (_queue, _store, _files, _catalog, _registry) = (queue, store, files, catalog, registry);
        (_reports, _retries, _fence, _selector, _metrics, _clock, _logger) = (reports, retries, fence, selector, metrics, clock, logger);
        registry.Changed += Wake;
    }

    /// <summary>Something changed that may let a job start.</summary>
    public void Wake()
    {
        // Kept until it is served: what counts is how long the first of many wake-ups waited.
        Interlocked.CompareExchange(ref _wokenAt, _clock.GetTimestamp(), 0);
        _wake.Set();
    }

    /// <summary>Time since it last looked; null before the first time. It looks every few seconds, whether woken or not.</summary>
    public TimeSpan? SinceLastLook => Volatile.Read(ref _lookedAt) is > 0 and var at ? _clock.GetElapsedTime(at) : null;

    /// <summary>Makes one plan and claims all of it; returns when the next backed-off job may go.</summary>
    public async Task<DateTimeOffset?> RunOnceAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        Volatile.Write(ref _lookedAt, began);
        if (Interlocked.Exchange(ref _wokenAt, 0) is > 0 and var woken)
        {
            _metrics.DispatcherWoke(_clock.GetElapsedTime(woken, began));
        }

        var started = _clock.GetUtcNow();
        var snapshot = _queue.Capture(started, nodes: [], _catalog.Services);
        if (snapshot.Services.Count > 0)
        {
            // Most wake-ups find nobody waiting: an end, a poll. Those must not cost by the number of nodes.
            snapshot = snapshot with { Nodes = _registry.Capacities() };
        }

        var plan = FairShareScheduler.Plan(snapshot, _selector);
        var pass = new SchedulingPass(started, _clock.GetUtcNow(), snapshot.Nodes.Count, plan.Assignments.Count);

        // Claimed together, so that the claims share a commit.
        var claims = plan.Assignments.Select(assignment => ClaimAndSendAsync(assignment, pass, cancellationToken)).ToArray();
        await Task.WhenAll(claims);
        _metrics.PassEnded(_clock.GetElapsedTime(began));
        return snapshot.NextEligibleAt;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The server begins to stop: no more work is given out.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => base.StopAsync(cancellationToken);

    /// <summary>Waits for what is being sent, as long as the stop may take.</summary>
    public override Task StopAsync(CancellationToken cancellationToken) => _sends.FinishAsync(_giveUp, cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _registry.Changed -= Wake;
        _giveUp.Dispose();
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
                _metrics.LoopFailed("dispatcher");
                Log.PassFailed(_logger, e);
                await Task.Delay(SafetyNet, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TimeSpan Clamp(TimeSpan pause) =>
        pause < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : pause > SafetyNet ? SafetyNet : pause;

    private async Task ClaimAndSendAsync(Assignment assignment, SchedulingPass pass, CancellationToken cancellationToken)
    {
        if (_registry.Find(assignment.ClientAddress) is not { } node)
        {
            return;
        }

        // Tracked before the claim is durable: news of the execution can only come later than this.
        var execution = new ExecutionRef(assignment.Job.Id, assignment.Job.Attempt, assignment.Job.Upload);
        node.Track(execution, sending: true);
        FaultPoints.Reached(FaultPoints.ClaimTracked);
        var claimed = false;
        var span = ServerTrace.StartDispatch(assignment.Job, node.Address, TimeLimitOf(assignment.Job));
        try
        {
            claimed = await _store.TryClaimAsync(assignment.Job, node.Address, span?.Id ?? assignment.Job.TraceParent);
        }
        finally
        {
            if (!claimed)
            {
                span.Discard();
                node.Untrack(execution.JobId, execution.Attempt);
            }
        }

        if (claimed)
        {
            FaultPoints.Reached(FaultPoints.ClaimCommitted);
            ServerTrace.RecordScheduled(assignment.Job, node.Address, pass);
            _sends.Add(SendAsync(assignment.Job, node, execution, span, _giveUp.Token));
        }
        else
        {
            // A cancellation was faster; or else the queue is wrong about this job, and would have it claimed again and again.
            await _store.SynchroniseAsync(assignment.Job.Id, cancellationToken);
        }
    }

    /// <summary>Sends a claimed job's files; the answer goes the way of all reports. Never throws.</summary>
    private async Task SendAsync(
        QueuedJob job, ClientNode node, ExecutionRef execution, Activity? dispatch, CancellationToken cancellationToken)
    {
        using var span = dispatch;
        using var scope = _logger.BeginScope(new JobScope(job.Id, job.Attempt, job.Service, job.TraceParent));
        try
        {
            await SendOrRetryAsync(job, node, execution, span, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops. The job stays Processing in the database, and the next start takes it from there.
        }
        catch (Exception e)
        {
            // Not even the failure could be noted: the rescuer finds the job Processing with nobody sending it.
            _metrics.LoopFailed("sender");
            Log.SendFailed(_logger, job.Id, job.Attempt, node.Address, e);
        }
        finally
        {
            node.Sent(job.Id, job.Attempt);
        }
    }

    private async Task SendOrRetryAsync(
        QueuedJob job, ClientNode node, ExecutionRef execution, Activity? span, CancellationToken cancellationToken)
    {
        var started = _clock.GetTimestamp();
        try
        {
            var asked = job.Limits?.Others;
            var service = _catalog.Services.GetValueOrDefault(job.Service);
            var request = (service?.ToRequest(asked) ?? new ExecutionRequest(job.Service, Limits: asked)) with
            {
                TimeLimit = TimeLimitOf(job),
                TraceParent = span?.Id ?? job.TraceParent,
            };
            var submission = new Submission(execution, request, _files.InputDirectory(job.Id));
            var (accepted, report) = await SubmitAsync(node, submission, cancellationToken);
            FaultPoints.Reached(FaultPoints.DispatchAccepted);
            if (accepted.ClassicId is not null)
            {
                node.Track(accepted);
            }

            _metrics.Dispatched(job, _clock.GetElapsedTime(started), failure: null);
            Log.Dispatched(_logger, job.Id, job.Attempt, job.Service, node.Address);
            _reports.Publish(new NodeReport(node, report));
            span?.Stop(); // it is there; what follows is bookkeeping
            await NoteSubmittedAsync(job, node, accepted, report, cancellationToken);
        }
        catch (ClientException e)
        {
            _metrics.Dispatched(job, _clock.GetElapsedTime(started), e.Reason);
            span.Fail(e.Reason.ToTag(), e.Message);
            await NotSentAsync(job, node, execution, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _metrics.Dispatched(job, _clock.GetElapsedTime(started), EndReason.StorageFailed);
            span.Fail(EndReason.StorageFailed.ToTag(), e.Message);
            Log.SendFailed(_logger, job.Id, job.Attempt, node.Address, e);
            await _retries.RetryAsync(job.Id, job.Attempt, job.Service, EndReason.StorageFailed, $"The server cannot read the job's files: {e.Message}");
        }
    }

    private async Task NoteSubmittedAsync(
        QueuedJob job, ClientNode node, ExecutionRef accepted, ExecutionReport report, CancellationToken cancellationToken)
    {
        if (accepted.ClassicId is null)
        {
            await Task.Delay(NoteAfter, _clock, cancellationToken);
            if (!node.IsLive(job.Id, job.Attempt))
            {
                return;
            }
        }

        if (!await _store.TryAdvanceAsync(job.Id, job.Attempt, JobState.Submitted, accepted.ClassicId, report)
            && !report.State.IsFinal())
        {
            // Cancelled while it was on its way, perhaps; or its start was noted already, which is no matter.
            await _fence.StopIfStaleAsync(node, accepted, cancellationToken);
        }

        FaultPoints.Reached(FaultPoints.DispatchNoted);
    }

    /// <summary>Submits; when the connection broke, asks whether the node has it all the same: a second run costs more than a question.</summary>
    private async Task<(ExecutionRef Execution, ExecutionReport Report)> SubmitAsync(
        ClientNode node, Submission submission, CancellationToken cancellationToken)
    {
        try
        {
            return await node.Protocol.SubmitAsync(submission, cancellationToken);
        }
        catch (ClientException e) when (!e.IsRefusal && !node.IsClassic)
        {
            for (var look = 0; look < 2; look++)
            {
                if (await TryFindAsync(node, submission.Execution, cancellationToken) is { } report)
                {
                    return (submission.Execution, report);
                }

                await Task.Delay(SecondLook, _clock, cancellationToken); // it may be about to store what it received
            }

            throw;
        }
    }

    private static async Task<ExecutionReport?> TryFindAsync(ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        try
        {
            return await node.Protocol.FindAsync(execution, cancellationToken);
        }
        catch (ClientException)
        {
            return null; // the failure of the submission says why
        }
    }

    private async Task NotSentAsync(QueuedJob job, ClientNode node, ExecutionRef execution, ClientException problem)
    {
        if (problem.Reason == EndReason.DiskFull)
        {
            node.Rest(_clock.GetUtcNow() + FullDiskRest);
        }
        else if (problem.Reason == EndReason.ClientUnreachable)
        {
            // Until its next poll, so that other jobs do not spend their attempts on it.
            node.Lost(NodeHealth.Unreachable);
        }

        node.Look.Set(); // it may be draining, or back already
        await _retries.RetryAsync(job.Id, job.Attempt, job.Service, problem.Reason, problem.Message);
        if (problem.IsRefusal)
        {
            // It answered: it has nothing of this execution, so nothing is owed to it.
            node.Untrack(execution.JobId, execution.Attempt);
            await _store.ReleaseAsync(execution.JobId, execution.Attempt);
        }
    }

    /// <summary>The shorter of the two time limits holds: a service's may have been tightened since the job was accepted.</summary>
    private TimeSpan? TimeLimitOf(QueuedJob job) => _catalog.TimeLimitOf(job.Service, job.Limits?.TimeLimitSeconds);

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
