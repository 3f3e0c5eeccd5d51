using System.Runtime.InteropServices;

namespace JobOrchestrator.Client.Draining;

/// <summary>
/// Ends the process on signals. SIGTERM, which service managers send, drains first: the client goes on serving, takes nothing new, and ends
/// when all is fetched or <c>DRAIN_TIME</c> is over; scripts that still run then go on under their launchers, and the next start of the
/// client finds them. A second SIGTERM, or SIGINT or SIGQUIT from a terminal, ends it at once.
/// </summary>
internal sealed partial class DrainingLifetime(
    IHostApplicationLifetime application, NodeDrain drain, ClientOptions options, ILogger<DrainingLifetime> logger)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly CancellationTokenSource _atOnce = new();
    private int _terminations;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminate));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnInterrupt));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drains, within the time allowed, then ends the process.</summary>
    public async Task DrainAndStopAsync()
    {
        try
        {
            drain.Begin(forGood: true);
            if (!await drain.CompletesWithinAsync(options.DrainTime, _atOnce.Token))
            {
                Log.TimeIsOver(logger, options.DrainTime.TotalSeconds);
            }
        }
        catch (OperationCanceledException) when (_atOnce.IsCancellationRequested)
        {
            Log.AtOnce(logger);
        }

        application.StopApplication();
    }

    public void Dispose()
    {
        _signals.ForEach(s => s.Dispose());
        _atOnce.Dispose();
    }

    private void OnTerminate(PosixSignalContext context)
    {
        context.Cancel = true; // the default would end the process here and now
        if (Interlocked.Increment(ref _terminations) == 1)
        {
            _ = DrainAndStopAsync();
        }
        else
        {
            _atOnce.Cancel();
        }
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        application.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Not all was finished and fetched within {Seconds} s; what still runs goes on and is found by the next start")]
        public static partial void TimeIsOver(ILogger logger, double seconds);

        [LoggerMessage(LogLevel.Warning, "Told again to end: the drain is cut short")]
        public static partial void AtOnce(ILogger logger);
    }
}
