using System.Globalization;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Logs;

/// <summary><c>/api/v1/jobs/{id}/logs</c>: what a job writes to stdout and stderr, live and afterwards.</summary>
internal static class V1LogEndpoints
{
    private static readonly string[] Streams = ["stdout", "stderr"];

    public static void MapV1Logs(this RouteGroupBuilder group) => group.MapGet("", ReadAsync).WithName("readLogs")
        .WithSummary("The job's output as plain text, or as server-sent events (Accept: text/event-stream); follow=true goes on as it is written.")
        .Produces<string>(200, "text/plain", SseResponse.ContentType).Fails(ProblemKind.FilesRemoved, ProblemKind.NotSupported)
        .ForOwnJob(Role.Read);

    private static async Task ReadAsync(
        int id, string? stream, long? from, bool? follow, HttpContext context, JobStore store, JobFiles files, ClientRegistry registry,
        LogTails tails, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        var (attempt, position) = PositionOf(context.Request, from);
        var name = stream ?? Streams[0];
        if (!Streams.Contains(name, StringComparer.Ordinal))
        {
            throw new ApiException(ProblemKind.InvalidParameter, $"Parameter 'stream' is '{name}', but must be stdout or stderr.");
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var job = await store.GetAsync(id, ended.Token);
        ThrowIfUnreadable(job, registry);
        attempt ??= job.Attempt;
        if (attempt < job.Attempt)
        {
            (attempt, position) = (job.Attempt, 0); // the reader was in an attempt that was repeated meanwhile
        }

        var reader = new LogReader(store, files, registry, tails, clock);
        var pieces = follow == true
            ? reader.FollowAsync(job, name, attempt.Value, position, ended.Token)
            : reader.ReadAsync(job, name, position, ended.Token);
        try
        {
            if (WantsEvents(context.Request))
            {
                await new LogEventStream(context.Response, store).SendAsync(id, pieces, ended.Token);
            }
            else
            {
                await SendTextAsync(context.Response, pieces, ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The reader left; or the server stops, and the connection is cut so that the reader sees that this is not the end.
            context.Abort();
        }
    }

    private static async Task SendTextAsync(HttpResponse response, IAsyncEnumerable<LogPiece> pieces, CancellationToken cancellationToken)
    {
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.StartAsync(cancellationToken);
        await response.BodyWriter.FlushAsync(cancellationToken);
        await foreach (var piece in pieces)
        {
            await response.BodyWriter.WriteAsync(piece.Output, cancellationToken);
        }
    }

    private static void ThrowIfUnreadable(Job job, ClientRegistry registry)
    {
        if (job.CleanedAt is { } cleanedAt)
        {
            throw new ApiException(ProblemKind.FilesRemoved, $"The output of job {job.Id} was removed at {cleanedAt:u}, when its time was over.");
        }

        if (!job.HasResult && registry.Find(job.Client) is { IsClassic: true } node)
        {
            throw new ApiException(ProblemKind.NotSupported,
                $"Client node {node.Address} speaks the classic protocol only and does not show output; what the script wrote to files is in the result.");
        }
    }

    private static bool WantsEvents(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains(SseResponse.ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where to begin: <c>Last-Event-ID</c> names attempt and position, and wins over <c>from</c>.</summary>
    private static (int? Attempt, long Position) PositionOf(HttpRequest request, long? from)
    {
        if (from < 0)
        {
            throw new ApiException(ProblemKind.InvalidParameter, "Parameter 'from' must not be negative.");
        }

        if (SseResponse.LastEventId(request) is not { } id)
        {
            return (null, from ?? 0);
        }

        return id.Split(':') is [var attempt, var position]
            && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? (number, offset)
            : throw new ApiException(ProblemKind.InvalidParameter, $"Header Last-Event-ID is '{id}', but must be the id of an event of this stream.");
    }
}
