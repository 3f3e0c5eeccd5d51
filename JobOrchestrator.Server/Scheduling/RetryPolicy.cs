using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>What happens when our side failed with an attempt: another one after a back-off with jitter, until they are used up.</summary>
internal sealed partial class RetryPolicy(
    JobStore store, ServiceCatalog catalog, ServerMetrics metrics, TimeProvider clock, ILogger<RetryPolicy> logger)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromMinutes(1);

    /// <summary>Called when a job waits again, or ended; the dispatcher listens. Set once at start.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Ends the attempt. An attempt that is not the current one any more changes nothing.</summary>
    public async Task RetryAsync(int jobId, int attempt, string service, EndReason reason, string message)
    {
        var maxAttempts = (await store.FindAsync(jobId, CancellationToken.None))?.MaxAttempts
            ?? catalog.Services.GetValueOrDefault(service)?.MaxAttempts
            ?? ServiceDefinition.DefaultMaxAttempts;
        var state = await store.TryRetryAsync(jobId, attempt, reason, message, clock.GetUtcNow() + BackOff(attempt), maxAttempts);
        if (state is not null)
        {
            FaultPoints.Reached(FaultPoints.RetryCommitted);
            if (state == JobState.Queued)
            {
                metrics.Retried(service, reason);
            }

            Log.AttemptFailed(logger, jobId, attempt, service, state.Value, message);
            Wake();
        }
    }

    private static TimeSpan BackOff(int attempt)
    {
        var backOff = FirstBackOff * Math.Pow(2, attempt - 1) * (0.5 + Random.Shared.NextDouble());
        return backOff < MaxBackOff ? backOff : MaxBackOff;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt} ({Service}) failed on our side; now {State}: {Reason}")]
        public static partial void AttemptFailed(ILogger logger, int jobId, int attempt, string service, JobState state, string reason);
    }
}
