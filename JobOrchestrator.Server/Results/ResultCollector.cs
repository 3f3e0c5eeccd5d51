using System.Collections.Concurrent;
using System.Diagnostics;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Results;

/// <summary>
/// Takes the news of executions and does what follows: notes that a script started, fetches the result of one that ended and then, only then,
/// ends the job; sends jobs that were lost through our fault round again; and settles what is owed to a client node about attempts
/// that no longer count (a cancelled job's kill, an overtaken attempt's end).
/// <para>
/// Reports may be repeated, late, or of old attempts: every change is compared with the attempt on record, and one execution is worked
/// on by one task at a time.
/// </para>
/// </summary>
internal sealed partial class ResultCollector(
    NodeReports reports, JobStore store, JobFiles files, RetryPolicy retries, AttemptFence fence, Dispatcher dispatcher,
    ServerOptions options, ServerMetrics metrics, TimeProvider clock, ILogger<ResultCollector> logger)
    : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(int JobId, int Attempt, string? Upload, string Node), byte> _working = new();
    private readonly BackgroundTasks _tasks = new();
    private readonly CancellationTokenSource _giveUp = new();
    private CancellationToken _stopping;

    /// <summary>Takes no more news, waits for what is being fetched as long as the stop may take, and leaves the rest to the next start.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _tasks.FinishAsync(_giveUp, cancellationToken);
    }

    public override void Dispose()
    {
        _giveUp.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        try
        {
            await foreach (var report in reports.ReadAllAsync(stoppingToken))
            {
                var key = (report.Report.JobId, report.Report.Attempt, report.Report.Upload, report.Node.Address);
                if (report.Report.State == ExecutionState.Prepared)
                {
                    // One that is on its way is noted by who sends it; this one arrived under an earlier server, or after it was given up.
                    if (report.Node.FindTracked(report.Report) is null)
                    {
                        _tasks.Add(GuardAsync(report, () => AdvancedAsync(report, JobState.Submitted, _giveUp.Token)));
                    }
                }
                else if (report.Report.State == ExecutionState.Running)
                {
                    _tasks.Add(GuardAsync(report, () => AdvancedAsync(report, JobState.Running, _giveUp.Token)));
                }
                else if (_working.TryAdd(key, 0))
                {
                    if (report.Node.FindTracked(report.Report) is not null && report.Node.MarkEnded(key.JobId, key.Attempt))
                    {
                        dispatcher.Wake();
                    }

                    _tasks.Add(GuardAsync(report, () => EndedAsync(report, _giveUp.Token))
                        .ContinueWith(_ => _working.TryRemove(key, out var _), TaskScheduler.Default));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; what was not collected is reported again after the next start.
        }
    }

    private async Task AdvancedAsync(NodeReport news, JobState target, CancellationToken cancellationToken)
    {
        var (node, report, _) = news;
        var tracked = node.FindTracked(report);
        var execution = tracked ?? ExecutionRef.Of(report);
        if (tracked is null && await store.FindAsync(report.JobId, cancellationToken) is var job && job?.StagingKey != report.Upload)
        {
            // Of a history of the database that is not ours (any more): the number may be another job's here.
            await fence.EndForeignAsync(node, execution, cancellationToken);
            return;
        }

        if (await store.TryAdvanceAsync(report.JobId, report.Attempt, target, classicId: null, report)
            || !await fence.StopIfStaleAsync(node, execution, cancellationToken))
        {
            FaultPoints.Reached(FaultPoints.RunNoted);
            if (tracked is null)
            {
                // After a restart of the server this is how it learns again what holds the node's slots.
                node.Track(execution);
                if (!await store.IsCurrentAsync(report.JobId, report.Attempt, cancellationToken))
                {
                    node.Untrack(report.JobId, report.Attempt); // it ended meanwhile
                }
            }
        }
    }

    private async Task EndedAsync(NodeReport news, CancellationToken cancellationToken)
    {
        var (node, report, _) = news;
        var started = clock.GetTimestamp();
        var execution = node.FindTracked(report) ?? ExecutionRef.Of(report);
        var job = await store.FindAsync(report.JobId, cancellationToken);
        if (job?.StagingKey != report.Upload)
        {
            await node.Protocol.ReleaseAsync(execution, cancellationToken); // another history's, and no concern of the job that has its number now
            return;
        }

        if (job is null || job.Attempt != report.Attempt || job.State == JobState.Queued)
        {
            await SettleAsync(node, execution, cancellationToken);
            return;
        }

        using var span = ServerTrace.StartCollect(job, node.Address);
        using var scope = logger.BeginJobScope(job);

        // Guarded here too, so that what goes wrong is said within the scope.
        await GuardAsync(news, async () =>
        {
            if (job.State.IsTerminal())
            {
                await CollectLateAsync(job, node, execution, news.Result, cancellationToken);
            }
            else if (report.State == ExecutionState.Lost)
            {
                span.Fail(report.Reason.ToTag(), report.Message);
                await retries.RetryAsync(job.Id, report.Attempt, job.Service, report.Reason, report.Message);
                await SettleAsync(node, execution, cancellationToken);
            }
            else
            {
                await CollectAsync(job, news, execution, span, started, cancellationToken);
            }
        });
    }

    private async Task CollectAsync(
        Job job, NodeReport news, ExecutionRef execution, Activity? span, long started, CancellationToken cancellationToken)
    {
        var (node, report, result) = news;
        bool fetched;
        try
        {
            fetched = await FetchPatientlyAsync(job, node, execution, result, cancellationToken);
            if (!fetched && report.State == ExecutionState.Completed)
            {
                throw new ClientException(EndReason.CollectFailed, $"Client node {node.Address} has no result of a completed execution.");
            }
        }
        catch (ClientException e)
        {
            span.Fail(EndReason.CollectFailed.ToTag(), e.Message);
            await retries.RetryAsync(job.Id, report.Attempt, job.Service, EndReason.CollectFailed, e.Message);
            await SettleAsync(node, execution, cancellationToken);
            return;
        }

        var ending = JobEnding.FromReport(report, fetched);
        if (await store.TryFinishAttemptAsync(job.Id, report.Attempt, ending))
        {
            dispatcher.Wake();
            span.SetEnding(ending);
            metrics.Collected(job, report, clock.GetElapsedTime(started));
            Log.Ended(logger, job.Id, report.Attempt, job.Service, ending.State, ending.Message);
        }
        else if (fetched && !await store.AddResultAsync(job.Id, report.Attempt))
        {
            files.DeleteResult(job.Id, report.Attempt);
        }

        await SettleAsync(node, execution, cancellationToken);
    }

    /// <summary>A job that ended by our word (cancelled) still has files worth keeping when its execution ends.</summary>
    private async Task CollectLateAsync(
        Job job, ClientNode node, ExecutionRef execution, byte[]? result, CancellationToken cancellationToken)
    {
        if (!job.HasResult && job.CleanedAt is null && await FetchAsync(job, node, execution, result, cancellationToken)
            && !await store.AddResultAsync(job.Id, execution.Attempt))
        {
            files.DeleteResult(job.Id, execution.Attempt);
        }

        await SettleAsync(node, execution, cancellationToken);
    }

    /// <summary>
    /// Fetches, and does not give up at the first cut: the result exists, and a second run costs more than a second look. Gives up after
    /// <c>CLIENT_LOST_AFTER</c>, or when somebody else decided about the attempt meanwhile.
    /// </summary>
    private async Task<bool> FetchPatientlyAsync(
        Job job, ClientNode node, ExecutionRef execution, byte[]? result, CancellationToken cancellationToken)
    {
        long? since = null; // the first failure: it may itself have taken as long as a transfer may stand still
        for (var pause = FirstPause; ; pause = pause * 2 < MaxPause ? pause * 2 : MaxPause)
        {
            try
            {
                return await FetchAsync(job, node, execution, result, cancellationToken);
            }
            catch (ClientException e) when (clock.GetElapsedTime(since ??= clock.GetTimestamp()) < options.ClientLostAfter)
            {
                Log.FetchFailed(logger, job.Id, execution.Attempt, node.Address, e.Message);
            }

            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), clock, _stopping); // a stop does not wait for a second try
            if (!await store.IsCurrentAsync(job.Id, execution.Attempt, cancellationToken))
            {
                throw new ClientException(EndReason.CollectFailed, $"Attempt {execution.Attempt} was given up while its result was fetched.");
            }
        }
    }

    private async Task<bool> FetchAsync(Job job, ClientNode node, ExecutionRef execution, byte[]? result, CancellationToken cancellationToken)
    {
        FaultPoints.Reached(FaultPoints.CollectStarted);
        var path = files.TemporaryResultPath(job.Id, execution.Attempt);
        var fetched = result is null ? await node.Protocol.FetchResultAsync(execution, path, cancellationToken) : Keep(result, path);
        if (fetched)
        {
            FaultPoints.Reached(FaultPoints.CollectFetched);
            metrics.ResultStored(job.Service, new FileInfo(path).Length);
            files.PublishResult(job.Id, execution.Attempt);
            FaultPoints.Reached(FaultPoints.CollectPublished);
        }

        return fetched;
    }

    /// <summary>It came with the news.</summary>
    private static bool Keep(byte[] result, string path)
    {
        File.Delete(path);
        DurableFile.Write(path, result);
        FaultPoints.Reached(FaultPoints.CollectHalf);
        return true;
    }

    /// <summary>Nothing of this execution matters any more: the node may delete it.</summary>
    private async Task SettleAsync(ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        FaultPoints.Reached(FaultPoints.FinishCommitted);
        await node.Protocol.ReleaseAsync(execution, cancellationToken);
        FaultPoints.Reached(FaultPoints.FinishReleased);
        node.Untrack(execution.JobId, execution.Attempt);
        await store.ReleaseAsync(execution.JobId, execution.Attempt);
        FaultPoints.Reached(FaultPoints.FinishSettled);
    }

    private async Task GuardAsync(NodeReport news, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // The server stops; the next start hears of this execution again.
        }
        catch (ClientException e)
        {
            // What could not be settled is owed, and the rescuer comes back to it.
            Log.NotSettled(logger, news.Report.JobId, news.Report.Attempt, news.Node.Address, e.Message);
        }
        catch (Exception e)
        {
            metrics.LoopFailed("collector");
            Log.CollectFailed(logger, news.Report.JobId, news.Report.Attempt, news.Node.Address, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} ({Service}) is {State}. {Reason}")]
        public static partial void Ended(ILogger logger, int jobId, int attempt, string service, JobState state, string reason);

        [LoggerMessage(LogLevel.Warning, "The result of job {JobId}, attempt {Attempt} could not be fetched from {Client} yet: {Reason}")]
        public static partial void FetchFailed(ILogger logger, int jobId, int attempt, string client, string reason);

        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt} is not settled with {Client} yet: {Reason}")]
        public static partial void NotSettled(ILogger logger, int jobId, int attempt, string client, string reason);

        [LoggerMessage(LogLevel.Error, "Collecting job {JobId}, attempt {Attempt} from {Client} failed; it will be tried again")]
        public static partial void CollectFailed(ILogger logger, int jobId, int attempt, string client, Exception exception);
    }
}
