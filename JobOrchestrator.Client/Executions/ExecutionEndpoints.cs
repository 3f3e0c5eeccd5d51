using System.Text.Json;
using JobOrchestrator.Client.Draining;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;
using Microsoft.AspNetCore.Http.Features;

namespace JobOrchestrator.Client.Executions;

/// <summary>Our surface between server and client: <c>/executions</c>, <c>/events</c>, <c>/status</c>. Errors are problem details.</summary>
internal static class ExecutionEndpoints
{
    private const int MaxInlineBytes = 1 << 18;
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    public static void MapExecutions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/status", (StatusReader status) => status.ToResult());
        routes.MapGet("/events", StreamEventsAsync);
        routes.MapGet("/executions", (ExecutionTable table) => TypedResults.Json(
            [.. table.All.Where(e => e.Key.Attempt > 0).Select(e => e.Report)], ContractsJson.Default.IReadOnlyListExecutionReport));
        routes.MapPost("/executions/release", ReleaseAsync);
        var one = routes.MapGroup("/executions/{jobId:int:min(1)}/{attempt:int:min(1)}");
        one.MapPut("", PutAsync).DisableAntiforgery();
        one.MapGet("", ([AsParameters] ExecutionKey key, ExecutionTable table) => With(table, key, e => Report(e)));
        one.MapGet("/result", ([AsParameters] ExecutionKey key, ExecutionTable table, HttpContext context) =>
            With(table, key, e => e.Report.State.IsFinal()
                ? Zip(e, context)
                : Problem(StatusCodes.Status409Conflict, $"The execution is {e.Report.State}; its result is there when it has ended.")));
        one.MapGet("/partial", ([AsParameters] ExecutionKey key, ExecutionTable table, HttpContext context) =>
            With(table, key, e => Zip(e, context)));
        one.MapGet("/logs", ([AsParameters] ExecutionKey key, long? from, long? tail, bool? follow, string? stream, ExecutionTable table, TimeProvider clock) =>
            With(table, key, e => ExecutionLog.Find(e, stream ?? ExecutionLog.Stdout) is { } path && from is not < 0 && tail is not < 0
                ? new ExecutionLog(e, path, from ?? 0, tail, follow ?? false, clock)
                : Problem(StatusCodes.Status400BadRequest, "stream must be stdout or stderr, and neither from nor tail may be negative.")));
        one.MapGet("/files", ([AsParameters] ExecutionKey key, ExecutionTable table) => With(table, key, ExecutionFiles.List));
        one.MapGet("/files/{**path}", ([AsParameters] ExecutionKey key, string path, ExecutionTable table) =>
            With(table, key, e => ExecutionFiles.Open(e, path)
                ?? Problem(StatusCodes.Status404NotFound, $"There is no file '{path}' in execution {key}.")));
        one.MapPost("/kill", ([AsParameters] ExecutionKey key, ExecutionTable table, ExecutionRunner runner) => With(table, key, e =>
        {
            runner.Kill(e);
            return Report(e, StatusCodes.Status202Accepted);
        }));
        one.MapDelete("", ([AsParameters] ExecutionKey key, ExecutionTable table) => With(table, key, e =>
        {
            if (!e.Report.State.IsFinal())
            {
                return Problem(StatusCodes.Status409Conflict, $"The execution is {e.Report.State}; kill it first.");
            }

            table.Remove(e);
            return TypedResults.NoContent();
        }));
    }

    private static async Task<IResult> PutAsync(
        [AsParameters] ExecutionKey key, HttpContext context, ExecutionTable table, ExecutionReceiver receiver, ExecutionRunner runner, NodeDrain drain,
        SandboxStatus sandbox)
    {
        if (sandbox.Problem is { } problem)
        {
            return Problem(StatusCodes.Status503ServiceUnavailable, problem);
        }

        if (drain.IsDraining)
        {
            return Problem(StatusCodes.Status503ServiceUnavailable, "This client is draining and takes no new work.");
        }

        if (!key.IsValid)
        {
            return Problem(StatusCodes.Status400BadRequest, "upload must be 1 to 64 letters and digits.");
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        try
        {
            var (execution, created) = await table.GetOrReceiveAsync(
                key, () => receiver.ReceiveAsync(key, context.Request, context.RequestAborted));
            if (created)
            {
                runner.Add(execution);
            }

            return Report(execution, created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
        catch (MultipartException e)
        {
            return Problem(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            return Problem(e.StatusCode, $"Multipart error: {e.Message}");
        }
        catch (IOException e) when (DiskFull.IsCauseOf(e))
        {
            return Problem(StatusCodes.Status507InsufficientStorage, "The client's disk is full.");
        }
    }

    /// <summary>Each event leaves the moment it happens; an empty line now and then shows that the stream lives.</summary>
    private static async Task StreamEventsAsync(
        long? after, string? epoch, int? inline, HttpContext context, ExecutionEvents events, ExecutionTable table, TimeProvider clock,
        IHostApplicationLifetime lifetime)
    {
        context.Response.ContentType = "application/x-ndjson";
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var opening = events.Open(epoch, after ?? -1);
        var position = opening.Sequence;
        try
        {
            await WriteLineAsync(context, opening, ended.Token);
            await context.Response.Body.FlushAsync(ended.Token);
            while (true)
            {
                var (news, more) = events.After(position);
                foreach (var item in news)
                {
                    await WriteLineAsync(context, await WithResultAsync(item, table, Math.Min(inline ?? 0, MaxInlineBytes), ended.Token), ended.Token);
                    position = item.Sequence;
                }

                if (news.Count > 0)
                {
                    await context.Response.Body.FlushAsync(ended.Token);
                }

                if (news.Count == 0 && !await CompletesAsync(more, clock, ended.Token))
                {
                    await context.Response.Body.WriteAsync("\n"u8.ToArray(), ended.Token);
                    await context.Response.Body.FlushAsync(ended.Token);
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The reader left, or the client stops: that is how this stream ends.
        }
    }

    private static async Task<bool> CompletesAsync(Task more, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await more.WaitAsync(SignOfLife, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task WriteLineAsync(HttpContext context, ExecutionEvent item, CancellationToken cancellationToken) =>
        await context.Response.Body.WriteAsync(
            (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(item, ContractsJson.Default.ExecutionEvent), (byte)'\n'], cancellationToken);

    private static async Task<ExecutionEvent> WithResultAsync(
        ExecutionEvent item, ExecutionTable table, int maxBytes, CancellationToken cancellationToken) =>
        maxBytes > 0 && item.Execution is { } report && report.State.IsFinal() && report.State != ExecutionState.Lost
            && table.Find(new ExecutionKey(report.JobId, report.Attempt, report.Upload)) is { } execution
            ? item with { Result = await ExecutionZip.TryMakeSmallAsync(execution, maxBytes, cancellationToken) }
            : item;

    private static async Task<IResult> ReleaseAsync(HttpContext context, ExecutionTable table)
    {
        var names = await context.Request.ReadFromJsonAsync(ContractsJson.Default.IReadOnlyListExecutionName, context.RequestAborted) ?? [];
        var alive = new List<ExecutionName>();
        foreach (var name in names)
        {
            switch (table.Find(new ExecutionKey(name.JobId, name.Attempt, name.Upload)))
            {
                case { } execution when execution.Report.State.IsFinal():
                    table.Remove(execution);
                    break;
                case not null:
                    alive.Add(name);
                    break;
            }
        }

        return TypedResults.Json(alive, ContractsJson.Default.IReadOnlyListExecutionName);
    }

    private static IResult With(ExecutionTable table, ExecutionKey key, Func<Execution, IResult> answer) =>
        table.Find(key) is { } execution
            ? answer(execution)
            : Problem(StatusCodes.Status404NotFound, $"There is no execution {key} here.");

    private static ZipResult Zip(Execution execution, HttpContext context) => new(execution, context);

    private static IResult Report(Execution execution, int statusCode = StatusCodes.Status200OK) =>
        TypedResults.Json(execution.Report, ContractsJson.Default.ExecutionReport, statusCode: statusCode);

    private static IResult Problem(int statusCode, string detail) => TypedResults.Problem(detail, statusCode: statusCode);

    private sealed class ZipResult(Execution execution, HttpContext context) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => ExecutionZip.WriteAsync(execution, context);
    }
}
