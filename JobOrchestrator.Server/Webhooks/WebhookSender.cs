using System.Net;
using System.Text.Json;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Webhooks;

/// <summary>
/// Reports ends of jobs to where their owners want them reported: a loop around <see cref="RunOnceAsync"/>, woken by commits and by the next
/// repetition that is due. A report is on record in the transaction that ends its job and is repeated until the receiver takes it or the
/// patience is over, restarts included; so a receiver may get it twice, and knows it by its delivery id.
/// </summary>
internal sealed partial class WebhookSender(
    WebhookStore store, WebhookOptions options, DatabaseWriter writer, HttpMessageInvoker http, ServerMetrics metrics,
    TimeProvider clock, ILogger<WebhookSender> logger)
    : BackgroundService
{
    public const string DeliveryHeader = "JobOrchestrator-Delivery";
    private const int AtOnce = 8;
    private const int MaxOutcomeLength = 300;
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(30);

    /// <summary>Pauses before the repetitions; about a day and a half together.</summary>
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromHours(12),
    ];

    private readonly Signal _wake = new();

    /// <summary>Makes the calls that are due; returns how many.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var due = await store.ListDueAsync(clock.GetUtcNow(), AtOnce, cancellationToken);
        await Task.WhenAll(due.Select(d => CallAsync(d.Delivery, d.Job, cancellationToken)));
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Secret is null)
        {
            return;
        }

        writer.Committed += _wake.Set;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await RunGuardedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; what is not delivered is on record.
        }
        finally
        {
            writer.Committed -= _wake.Set;
        }
    }

    private async Task RunGuardedAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await RunOnceAsync(cancellationToken) == 0)
            {
                var pause = await store.NextDueAsync(cancellationToken) is { } next ? next - clock.GetUtcNow() : SafetyNet;
                await _wake.WaitAsync(pause < TimeSpan.Zero ? TimeSpan.Zero : pause < SafetyNet ? pause : SafetyNet, clock, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.LoopFailed("webhooks");
            Log.PassFailed(logger, e);
            await Task.Delay(SafetyNet, clock, cancellationToken);
        }
    }

    private async Task CallAsync(WebhookDelivery delivery, Job job, CancellationToken cancellationToken)
    {
        var (delivered, final, outcome) = await SendAsync(delivery, job, cancellationToken);
        var now = clock.GetUtcNow();
        var calls = delivery.Calls + 1;
        DateTimeOffset? again = delivered || final || calls > Pauses.Length ? null : now + (Pauses[calls - 1] * (0.8 + (0.4 * Random.Shared.NextDouble())));
        await store.NoteAsync(delivery.Id, calls, delivered ? now : null, again, outcome[..Math.Min(outcome.Length, MaxOutcomeLength)]);
        if (!delivered)
        {
            using var scope = logger.BeginJobScope(job);
            Log.NotDelivered(logger, job.Id, calls, outcome, again is null ? "it is given up" : "it is repeated");
        }
    }

    private async Task<(bool Delivered, bool Final, string Outcome)> SendAsync(WebhookDelivery delivery, Job job, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CallLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var report = new WebhookReport { Type = "job.ended", DeliveryId = delivery.Id, Job = job.ToRecord() };
            var body = JsonSerializer.SerializeToUtf8Bytes(report, V1Json.Default.WebhookReport);
            using var request = new HttpRequestMessage(HttpMethod.Post, job.CallbackUrl) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.Add(DeliveryHeader, delivery.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            request.Headers.Add(WebhookSignature.HeaderName, WebhookSignature.Sign(options.Secret!, clock.GetUtcNow(), body));
            using var response = await http.SendAsync(request, either.Token);
            return (response.IsSuccessStatusCode, response.StatusCode == HttpStatusCode.Gone, $"The receiver answered {(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, false, $"No answer within {CallLimit.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return (false, false, e.InnerException is { } inner ? $"{e.Message}: {inner.Message}" : e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The end of job {JobId} could not be reported (call {Calls}): {Reason}; {Then}")]
        public static partial void NotDelivered(ILogger logger, int jobId, int calls, string reason, string then);

        [LoggerMessage(LogLevel.Error, "Reporting ends of jobs failed; going on")]
        public static partial void PassFailed(ILogger logger, Exception exception);
    }
}
