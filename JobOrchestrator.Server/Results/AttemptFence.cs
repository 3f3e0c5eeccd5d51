using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Results;

/// <summary>
/// Ends attempts that no longer count where they still live: on a node that was given up and came back (a paused machine, a healed
/// partition), or whose job was cancelled while its files were on their way.
/// </summary>
internal sealed partial class AttemptFence(JobStore store, ILogger<AttemptFence> logger)
{
    /// <summary>True when the attempt does not count any more; the node has been told to end it, or is owed that.</summary>
    public async Task<bool> StopIfStaleAsync(ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        if (await store.IsCurrentAsync(execution.JobId, execution.Attempt, cancellationToken))
        {
            return false;
        }

        var job = await store.FindAsync(execution.JobId, cancellationToken);
        if (job?.Attempt == execution.Attempt && await HasEndedAsync(node, execution, cancellationToken))
        {
            return true; // a short one: the news that it runs was looked at after the news that it has ended
        }

        using var scope = job is null ? null : logger.BeginJobScope(job);
        Log.Stale(logger, execution.JobId, execution.Attempt, node.Address);
        await store.OweAsync(execution.JobId, execution.Attempt);
        try
        {
            await node.Protocol.KillAsync(execution, cancellationToken);
        }
        catch (ClientException e)
        {
            Log.KillOwed(logger, execution.JobId, execution.Attempt, node.Address, e.Message);
        }

        return true;
    }

    /// <summary>
    /// Ends an execution of a job that is not in this database: one that the server acknowledged before it was restored from an older copy. When its
    /// end is reported, it is deleted. Told again with every news of it.
    /// </summary>
    public async Task EndForeignAsync(ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        Log.Foreign(logger, execution.JobId, execution.Attempt, execution.Upload, node.Address);
        await node.Protocol.KillAsync(execution, cancellationToken);
    }

    /// <summary>Whether an execution is known to go on no more on its node.</summary>
    private static async Task<bool> HasEndedAsync(ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        try
        {
            return await node.Protocol.FindAsync(execution, cancellationToken) is not { } report || report.State.IsFinal();
        }
        catch (ClientException)
        {
            return false; // nobody knows: it is told to end
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Client node {Client} has an execution {JobId}/{Attempt} of upload {Upload}, which this server does not know; it is ended there")]
        public static partial void Foreign(ILogger logger, int jobId, int attempt, string? upload, string client);

        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} lives on {Client} and does not count any more; it is ended there")]
        public static partial void Stale(ILogger logger, int jobId, int attempt, string client);

        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt} could not be ended on {Client} yet: {Reason}")]
        public static partial void KillOwed(ILogger logger, int jobId, int attempt, string client, string reason);
    }
}
