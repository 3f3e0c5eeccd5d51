using System.Diagnostics.Tracing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.ServiceDefaults.Telemetry;

/// <summary>
/// Says, at most once a minute, that telemetry does not reach its collector. The SDK itself tells that to an event source only, every time
/// it tries; jobs are not affected, so neither silence nor a line each time would do.
/// </summary>
internal sealed partial class ExportFailureListener(TimeProvider clock, ILogger<ExportFailureListener> logger) : EventListener, IHostedService
{
    private const string Sources = "OpenTelemetry-Exporter";
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly List<EventSource> _early = [];
    private DateTimeOffset _quietUntil;
    private int _failures;
    private bool _started;

    /// <summary>Failures since the last warning.</summary>
    public int Failures => Volatile.Read(ref _failures);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _started = true;
            _early.ForEach(Listen);
            _early.Clear();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A failure, in the words of the SDK.</summary>
    public void Report(string words)
    {
        int failures;
        lock (_lock)
        {
            _failures++;
            if (clock.GetUtcNow() < _quietUntil)
            {
                return;
            }

            (failures, _failures) = (_failures, 0);
            _quietUntil = clock.GetUtcNow() + Pause;
        }

        Log.NotExported(logger, failures, words);
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (!eventSource.Name.StartsWith(Sources, StringComparison.Ordinal))
        {
            return;
        }

        lock (_lock)
        {
            if (_started)
            {
                Listen(eventSource);
            }
            else
            {
                _early.Add(eventSource);
            }
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        var words = string.Format(
            System.Globalization.CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", [.. eventData.Payload ?? (IEnumerable<object?>)[]]);
        Report(words.Split('\n', 2)[0].TrimEnd());
    }

    private void Listen(EventSource source) => EnableEvents(source, EventLevel.Warning);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Telemetry does not reach its collector ({Failures} failures since the last such line); jobs are not affected. The latest: {Reason}")]
        public static partial void NotExported(ILogger logger, int failures, string reason);
    }
}
