using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Events;

/// <summary>Keeps the event log at the length the operator wants (<c>EVENTS_KEPT</c>).</summary>
internal sealed partial class EventTrimmer(
    EventLog log, ServerOptions options, ServerMetrics metrics, TimeProvider clock, ILogger<EventTrimmer> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

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
            if (await log.TrimAsync(options.EventsKept, cancellationToken) is > 0 and var removed)
            {
                Log.Trimmed(logger, removed);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.LoopFailed("event_trimmer");
            Log.TrimFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Removed the oldest {Count} events from the log")]
        public static partial void Trimmed(ILogger logger, int count);

        [LoggerMessage(LogLevel.Error, "The event log could not be trimmed; going on")]
        public static partial void TrimFailed(ILogger logger, Exception exception);
    }
}
