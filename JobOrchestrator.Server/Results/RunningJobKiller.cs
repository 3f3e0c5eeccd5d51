using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Results;

/// <summary>
/// Ends a cancelled job's execution on its client node at once. If the node cannot be reached now, the attempt stays owed and the
/// <see cref="LostJobRescuer"/> ends it when the node is back.
/// </summary>
internal sealed partial class RunningJobKiller(ClientRegistry registry, TimeProvider clock, ILogger<RunningJobKiller> logger)
{
    /// <summary>Who cancels a job does not wait longer than this for a node that hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Never throws; returns when the node has been told, or could not be.</summary>
    public async Task KillAsync(Job job)
    {
        if (job.Attempt == 0 || registry.Find(job.Client) is not { } node)
        {
            return;
        }

        using var scope = logger.BeginJobScope(job);
        using var limit = new CancellationTokenSource(Patience, clock);
        try
        {
            await node.Protocol.KillAsync(ExecutionRef.Of(job), limit.Token);
        }
        catch (OperationCanceledException)
        {
            Log.KillOwed(logger, job.Id, job.Attempt, node.Address, "no answer in time");
        }
        catch (ClientException e)
        {
            Log.KillOwed(logger, job.Id, job.Attempt, node.Address, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt} could not be ended on {Client} yet: {Reason}")]
        public static partial void KillOwed(ILogger logger, int jobId, int attempt, string client, string reason);
    }
}
