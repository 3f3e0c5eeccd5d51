using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// Watches one client node. Theory of operation: a poll, twice a second or as <see cref="PollPace"/> allows, says whether it is healthy and how busy; beside it, a node that
/// speaks our protocol keeps a stream of events open, so that an end is known in milliseconds, and every time the stream is opened anew,
/// or cannot continue where it broke off, the list of executions is compared with what we believe is there. A classic node has no events: its
/// executions are asked about one by one. A stream that breaks is looked into at once: this is how the death of a node shows first. All news goes to <see cref="NodeReports"/>, old and repeated ones too; whoever reads them
/// compares attempt numbers.
/// </summary>
internal sealed partial class NodeWatcher(
    ClientNode node, ClientRegistry registry, ClientHttp http, NodeReports reports, ServerMetrics metrics, TimeProvider clock, ILogger<NodeWatcher> logger)
{
    private const int MissesUntilUnreachable = 3;
    private const int ClassicPollsAtOnce = 8;
    private const int MaxEventLine = 1 << 20;

    /// <summary>Results up to this size come with the news of the end, which saves a request for each.</summary>
    private const int InlineBytes = 1 << 15;
    private static readonly TimeSpan PollLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromSeconds(5);

    private string? _epoch;
    private long _sequence;
    private int _misses;
    private int _freeSlots = -1;

    /// <summary>Runs until the server stops or the registry drops the node. Never throws.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var events = LoopAsync(FollowEventsAsync, ended.Token);
        await LoopAsync(PollUntilGoneAsync, ended.Token);
        await ended.CancelAsync();
        await events;
    }

    /// <summary>One poll: asks the node about itself and notes the answer, or its absence.</summary>
    public async Task PollOnceAsync(CancellationToken cancellationToken)
    {
        var before = node.Health;
        try
        {
            var classic = await http.CallAsync(HttpMethod.Get, new Uri(node.Address + "/status"), TakeStatusAsync, cancellationToken, PollLimit);
            if (classic)
            {
                await http.CallAsync(HttpMethod.Get, new Uri(node.Address + "/load"), TakeLoadAsync, cancellationToken, PollLimit);
                await AskClassicAsync(cancellationToken);
            }

            _misses = 0;
        }
        catch (ClientException e)
        {
            if (++_misses >= MissesUntilUnreachable && before is not NodeHealth.Unreachable)
            {
                node.Lost(NodeHealth.Unreachable);
                Log.Unreachable(logger, node.Address, _misses, e.Message);
            }
        }

        var free = node.Capacity is { } capacity ? Math.Max(0, capacity.Slots - capacity.Busy) : 0;
        if (node.Health != before || free > _freeSlots)
        {
            registry.NotifyChanged();
        }

        if (node.Health != before && node.Health == NodeHealth.Healthy)
        {
            Log.Healthy(logger, node.Address, node.IsClassic ? "classic" : "native", node.Status?.Slots ?? 0);
        }

        _freeSlots = free;
    }

    /// <summary>Whether the next poll decides something: the last one failed, or what runs on a classic node is learned by it alone.</summary>
    private bool IsUrgent => _misses is > 0 and < MissesUntilUnreachable || (node.IsClassic && node.Tracked.Count > 0);

    private async Task PollUntilGoneAsync(CancellationToken cancellationToken)
    {
        while (node.Health != NodeHealth.Gone)
        {
            await PollOnceAsync(cancellationToken);
            await node.Look.WaitAsync(Jitter(IsUrgent ? PollPace.Shortest : PollPace.For(registry.All.Count)), clock, cancellationToken);
        }
    }

    /// <summary>Follows the event stream, over and over, until told to stop.</summary>
    private async Task FollowEventsAsync(CancellationToken cancellationToken)
    {
        var backOff = TimeSpan.Zero;
        while (true)
        {
            if (node.Status is null)
            {
                await Task.Delay(Jitter(PollPace.Shortest), clock, cancellationToken);
                continue;
            }

            try
            {
                await FollowOneStreamAsync(() => backOff = TimeSpan.Zero, cancellationToken);
            }
            catch (Exception e) when (e is ClientException or IOException or HttpRequestException or JsonException
                or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                Log.StreamBroke(logger, node.Address, e.Message);
            }

            backOff = backOff == TimeSpan.Zero ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, MaxBackOff.Ticks));
            await Task.Delay(Jitter(backOff), clock, cancellationToken);
        }
    }

    private async Task FollowOneStreamAsync(Action opened, CancellationToken cancellationToken)
    {
        var address = new Uri($"{node.Address}/events?after={_sequence.ToString(CultureInfo.InvariantCulture)}&epoch={_epoch}&inline={InlineBytes}");
        using var silence = new ProgressTimeout(SilenceLimit, TimeSpan.MaxValue, clock, cancellationToken);
        using var response = await http.OpenAsync(address, silence.Token);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(silence.Token);
        using var reader = new StreamReader(body, Encoding.UTF8, false, 4096);
        opened();
        try
        {
            while (await reader.ReadLineAsync(silence.Token) is { } line)
            {
                silence.Report();
                if (line.Length is > 0 and < MaxEventLine)
                {
                    await TakeEventAsync(JsonSerializer.Deserialize(line, ContractsJson.Default.ExecutionEvent)!, silence.Token);
                }
            }
        }
        finally
        {
            node.Look.Set();
        }
    }

    private async Task TakeEventAsync(ExecutionEvent received, CancellationToken cancellationToken)
    {
        if (received.Execution is { } report)
        {
            reports.Publish(new NodeReport(node, report, received.Result));
        }
        else if (received.Reset || received.Epoch != _epoch)
        {
            await ReconcileAsync(cancellationToken);
        }

        _epoch = received.Epoch;
        _sequence = received.Sequence;
    }

    /// <summary>Publishes the present state of everything on the node, and the loss of what should be there and is not.</summary>
    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        // Taken before the list, and without what is on its way: that may be missing from the list without being lost.
        var arrived = node.Arrived;
        var list = await http.CallAsync(
            HttpMethod.Get, new Uri(node.Address + "/executions"),
            async (response, token) => await response.EnsureSuccessStatusCode().Content
                .ReadFromJsonAsync(ContractsJson.Default.IReadOnlyListExecutionReport, token) ?? [],
            cancellationToken);
        var present = list.Select(r => (r.JobId, r.Attempt, r.Upload)).ToHashSet();
        foreach (var report in list)
        {
            reports.Publish(new NodeReport(node, report));
        }

        foreach (var missing in arrived.Where(t => !present.Contains((t.JobId, t.Attempt, t.Upload))))
        {
            reports.Publish(new NodeReport(node, LostReport(missing)));
        }
    }

    private async Task AskClassicAsync(CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            node.Tracked.Where(t => t.ClassicId is not null),
            new ParallelOptions { MaxDegreeOfParallelism = ClassicPollsAtOnce, CancellationToken = cancellationToken },
            async (execution, token) =>
            {
                try
                {
                    var report = await node.Protocol.FindAsync(execution, token) ?? LostReport(execution);
                    reports.Publish(new NodeReport(node, report));
                }
                catch (ClientException e)
                {
                    failures.Enqueue(e.Message);
                }
            });
        if (failures.TryPeek(out var reason))
        {
            Log.AskFailed(logger, node.Address, failures.Count, reason);
        }
    }

    private ExecutionReport LostReport(ExecutionRef execution) => new()
    {
        JobId = execution.JobId,
        Attempt = execution.Attempt,
        Upload = execution.Upload,
        State = ExecutionState.Lost,
        Reason = EndReason.ClientRestarted,
        Message = $"Client node {node.Address} no longer knows this execution.",
        AcceptedAt = clock.GetUtcNow(),
    };

    /// <summary>True when the node speaks the classic protocol only.</summary>
    private async Task<bool> TakeStatusAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return true;
        }

        var status = (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(ContractsJson.Default.ClientStatus, cancellationToken))!;
        node.Answered(clock.GetUtcNow() < node.RestsUntil
            ? status with { Problem = status.Problem ?? $"Its disk was full; it is tried again at {node.RestsUntil:u}." }
            : status);
        return false;
    }

    private async Task<bool> TakeLoadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken);
        node.AnsweredAsClassic(double.TryParse(text, CultureInfo.InvariantCulture, out var cpu) ? cpu : 0);
        return true;
    }

    private async Task LoopAsync(Func<CancellationToken, Task> body, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await body(cancellationToken);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                metrics.LoopFailed("node_watcher");
                Log.WatchFailed(logger, node.Address, e);
                await Task.Delay(MaxBackOff, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TimeSpan Jitter(TimeSpan period) => period * (0.8 + (0.4 * Random.Shared.NextDouble()));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Client node {Address} is healthy ({Protocol} protocol, {Slots} slots)")]
        public static partial void Healthy(ILogger logger, string address, string protocol, int slots);

        [LoggerMessage(LogLevel.Warning, "Client node {Address} is unreachable after {Misses} polls: {Reason}")]
        public static partial void Unreachable(ILogger logger, string address, int misses, string reason);

        [LoggerMessage(LogLevel.Debug, "The event stream of {Address} broke: {Reason}")]
        public static partial void StreamBroke(ILogger logger, string address, string reason);

        [LoggerMessage(LogLevel.Warning, "Client node {Address} cannot be asked about {Count} of its executions: {Reason}")]
        public static partial void AskFailed(ILogger logger, string address, int count, string reason);

        [LoggerMessage(LogLevel.Error, "Watching client node {Address} failed; going on")]
        public static partial void WatchFailed(ILogger logger, string address, Exception exception);
    }
}
