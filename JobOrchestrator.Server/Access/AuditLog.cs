using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Access;

/// <summary>
/// Appends who did what to one file a day, <c>audit/2026-01-31.jsonl</c>, a JSON object a line, in the background. Files are kept: how long is
/// the operator's and the law's to say.
/// </summary>
internal sealed partial class AuditLog(AccessOptions access, ServerOptions options, ServerMetrics metrics, ILogger<AuditLog> logger) : BackgroundService
{
    private const int MaxWaiting = 100_000;

    private readonly string _directory = access.AuditPath is { } path ? Path.GetFullPath(path) : Path.Combine(options.DataPath, "audit");

    private readonly Channel<AuditEntry> _entries = Channel.CreateBounded<AuditEntry>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Takes an entry; never blocks.</summary>
    public void Add(AuditEntry entry)
    {
        if (!_entries.Writer.TryWrite(entry))
        {
            // The disk does not keep up, or the server is stopping: then the console log is the place it is found in.
            Log.NotWritten(logger, entry.Caller, entry.Action, entry.Status);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _entries.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await writing; // not cut short when the stop's time is over: what is left is a batch or two, and an exception here would end the process badly
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Ends when the channel is completed and drained, not when the token says so: entries are not to be lost at a stop.
        while (await _entries.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var batch = new List<AuditEntry>();
            while (batch.Count < 1000 && _entries.Reader.TryRead(out var entry))
            {
                batch.Add(entry);
            }

            try
            {
                await WriteAsync(batch);
            }
            catch (Exception e)
            {
                metrics.LoopFailed("audit_log");
                Log.WriteFailed(logger, _directory, e);
                batch.ForEach(entry => Log.NotWritten(logger, entry.Caller, entry.Action, entry.Status));
            }
        }
    }

    private async Task WriteAsync(IEnumerable<AuditEntry> entries)
    {
        Directory.CreateDirectory(_directory);
        foreach (var day in entries.GroupBy(e => e.At.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)))
        {
            var lines = day.Select(e => JsonSerializer.Serialize(e, AuditJson.Default.AuditEntry));
            await File.AppendAllLinesAsync(Path.Combine(_directory, $"{day.Key}.jsonl"), lines);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Not in the audit log's file: {Caller}, {Action}, answered {Status}")]
        public static partial void NotWritten(ILogger logger, string caller, string action, int status);

        [LoggerMessage(LogLevel.Error, "The audit log in {Directory} cannot be written")]
        public static partial void WriteFailed(ILogger logger, string directory, Exception exception);
    }
}
