using System.Collections.Concurrent;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;

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
    NodeReports reports, JobStore store, JobFiles files, RetryPolicy retries, Dispatcher dispatcher, ILogger<ResultCollector> logger)
    : BackgroundService
{
    private readonly ConcurrentDictionary<(int JobId, int Attempt, string Node), byte> _working = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var report in reports.ReadAllAsync(stoppingToken))
            {
                var key = (report.Report.JobId, report.Report.Attempt, report.Node.Address);
                if (report.Report.State == ExecutionState.Prepared)
                {
                    continue;
                }

                if (report.Report.State == ExecutionState.Running)
                {
                    _ = GuardAsync(report, () => StartedAsync(report));
                }
                else if (_working.TryAdd(key, 0))
                {
                    if (report.Node.MarkEnded(key.JobId, key.Attempt))
                    {
                        dispatcher.Wake();
                    }

                    _ = GuardAsync(report, () => EndedAsync(report, stoppingToken))
                        .ContinueWith(_ => _working.TryRemove(key, out var _), TaskScheduler.Default);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; what was not collected is reported again after the next start.
        }
    }

    private async Task StartedAsync(NodeReport news)
    {
        var report = news.Report;
        await store.TryAdvanceAsync(report.JobId, report.Attempt, JobState.Running, classicId: null, report);
    }

    private async Task EndedAsync(NodeReport news, CancellationToken cancellationToken)
    {
        var (node, report) = news;
        var execution = node.Tracked.FirstOrDefault(t => t.JobId == report.JobId && t.Attempt == report.Attempt)
            ?? new ExecutionRef(report.JobId, report.Attempt);
        if (await store.FindAsync(report.JobId, cancellationToken) is not { } job || job.Attempt != report.Attempt)
        {
            await SettleAsync(node, execution, cancellationToken);
            return;
        }

        if (job.State.IsTerminal())
        {
            await CollectLateAsync(job, node, execution, cancellationToken);
        }
        else if (report.State == ExecutionState.Lost)
        {
            await retries.RetryAsync(job.Id, report.Attempt, job.Service, report.Reason, report.Message);
            await SettleAsync(node, execution, cancellationToken);
        }
        else
        {
            await CollectAsync(job, report, node, execution, cancellationToken);
        }
    }

    private async Task CollectAsync(Job job, ExecutionReport report, ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        bool fetched;
        try
        {
            fetched = await FetchAsync(job, node, execution, cancellationToken);
            if (!fetched && report.State == ExecutionState.Completed)
            {
                throw new ClientException(EndReason.CollectFailed, $"Client node {node.Address} has no result of a completed execution.");
            }
        }
        catch (ClientException e)
        {
            await retries.RetryAsync(job.Id, report.Attempt, job.Service, EndReason.CollectFailed, e.Message);
            await SettleAsync(node, execution, cancellationToken);
            return;
        }

        var ending = JobEnding.FromReport(report, fetched);
        if (await store.TryFinishAsync(job.Id, report.Attempt, ending))
        {
            dispatcher.Wake();
            Log.Ended(logger, job.Id, report.Attempt, job.Service, ending.State, ending.Message);
        }

        await SettleAsync(node, execution, cancellationToken);
    }

    /// <summary>A job that ended by our word (cancelled) still has files worth keeping when its execution ends.</summary>
    private async Task CollectLateAsync(Job job, ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        if (!job.HasResult && job.CleanedAt is null && await FetchAsync(job, node, execution, cancellationToken))
        {
            await store.AddResultAsync(job.Id, execution.Attempt);
        }

        await SettleAsync(node, execution, cancellationToken);
    }

    private async Task<bool> FetchAsync(Job job, ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        var fetched = await node.Protocol.FetchResultAsync(execution, files.TemporaryResultPath(job.Id, execution.Attempt), cancellationToken);
        if (fetched)
        {
            files.PublishResult(job.Id, execution.Attempt);
        }

        return fetched;
    }

    /// <summary>Nothing of this execution matters any more: the node may delete it.</summary>
    private async Task SettleAsync(ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        await node.Protocol.ReleaseAsync(execution, cancellationToken);
        node.Untrack(execution.JobId, execution.Attempt);
        await store.ReleaseAsync(execution.JobId, execution.Attempt);
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
            Log.CollectFailed(logger, news.Report.JobId, news.Report.Attempt, news.Node.Address, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} ({Service}) is {State}. {Reason}")]
        public static partial void Ended(ILogger logger, int jobId, int attempt, string service, JobState state, string reason);

        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt} is not settled with {Client} yet: {Reason}")]
        public static partial void NotSettled(ILogger logger, int jobId, int attempt, string client, string reason);

        [LoggerMessage(LogLevel.Error, "Collecting job {JobId}, attempt {Attempt} from {Client} failed; it will be tried again")]
        public static partial void CollectFailed(ILogger logger, int jobId, int attempt, string client, Exception exception);
    }
}
