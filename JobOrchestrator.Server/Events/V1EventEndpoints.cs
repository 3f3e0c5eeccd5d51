using System.Globalization;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;

namespace JobOrchestrator.Server.Events;

/// <summary><c>/api/v1/events</c>: every change of every job's state, as it happens, without gaps.</summary>
internal static class V1EventEndpoints
{
    public static void MapV1Events(this RouteGroupBuilder group) => group.MapGet("", StreamAsync).WithName("streamEvents")
        .WithSummary("Changes of jobs' states as server-sent events; Last-Event-ID goes on where a connection broke.")
        .Produces<string>(200, SseResponse.ContentType).For(Role.Read);

    private static async Task StreamAsync(
        int? user_id, string? service, int? job_id, long? after, HttpContext context, EventFeed feed, EventLog log, TimeProvider clock,
        IHostApplicationLifetime lifetime)
    {
        var user = context.GetCaller().NarrowTo(user_id);
        var asked = SseResponse.LastEventId(context.Request) is { } id ? ParseId(id) : after;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var (oldest, latest) = await log.BoundsAsync(ended.Token);
        var sse = new SseResponse(context.Response);
        try
        {
            await sse.BeginAsync(ended.Token);
            var position = asked ?? latest;
            if (position > latest || (oldest > 0 && position < oldest - 1))
            {
                // What came after the reader's position is not on record any more: it must look at GET /jobs to learn how things stand.
                position = latest;
                await sse.WriteAsync("reset", Text(latest), new EventReset { Sequence = latest }, V1Json.Default.EventReset, ended.Token);
            }

            await FollowAsync(sse, feed, position, Wanted, clock, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The reader left, or the server stops: that is how this stream ends.
        }

        bool Wanted(JobEventRecord e) => (user is null || e.UserId == user)
            && (service is null || e.Service.Equals(service, StringComparison.OrdinalIgnoreCase))
            && (job_id is null || e.JobId == job_id);
    }

    private static async Task FollowAsync(
        SseResponse sse, EventFeed feed, long position, Func<JobEventRecord, bool> wanted, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var events = feed.FollowAsync(position, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = events.MoveNextAsync().AsTask();
            while (!await CompletesAsync(next, clock))
            {
                await sse.WriteSignOfLifeAsync(Text(position), cancellationToken);
            }

            await next;
            position = events.Current.Sequence;
            if (wanted(events.Current))
            {
                await sse.WriteAsync("job", Text(position), events.Current, V1Json.Default.JobEventRecord, cancellationToken);
            }
        }
    }

    /// <summary>False when it takes longer than a stream may be silent.</summary>
    private static async Task<bool> CompletesAsync(Task next, TimeProvider clock)
    {
        if (next.IsCompleted)
        {
            return true;
        }

        using var waiting = new CancellationTokenSource();
        var completed = await Task.WhenAny(next, Task.Delay(SseResponse.SignOfLife, clock, waiting.Token)) == next;
        await waiting.CancelAsync();
        return completed;
    }

    private static long ParseId(string id) => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
        ? sequence
        : throw new ApiException(ProblemKind.InvalidParameter, $"Header Last-Event-ID is '{id}', but must be the id of an event of this stream.");

    private static string Text(long sequence) => sequence.ToString(CultureInfo.InvariantCulture);
}
