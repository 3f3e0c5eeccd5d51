using System.Globalization;
using JobOrchestrator.Client.Draining;
using JobOrchestrator.Client.Load;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;
using Microsoft.AspNetCore.Http.Features;

namespace JobOrchestrator.Client.Executions;

/// <summary>The classic client surface, for servers that speak nothing else.</summary>
internal static class ClassicEndpoints
{
    public static void MapClassic(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => TypedResults.Json(new Pong("pong"), ContractsJson.Default.Pong));
        routes.MapGet("/load", (LoadSampler load) => TypedResults.Json(Math.Round(load.Cpu, 2), ContractsJson.Default.Double));
        routes.MapPost("/submit", SubmitAsync).DisableAntiforgery();
        routes.MapGet("/retrieve/{id}", (string id, ExecutionTable table, HttpContext context) => With(table, id, async e =>
        {
            if (e.Report.State == ExecutionState.Completed)
            {
                await ExecutionZip.WriteAsync(e, context);
                return TypedResults.Empty;
            }

            return Answer(e);
        }));
        routes.MapGet("/retrieve_partial/{id}", (string id, ExecutionTable table, HttpContext context) => With(table, id, async e =>
        {
            await ExecutionZip.WriteAsync(e, context);
            return TypedResults.Empty;
        }));
        routes.MapPost("/kill/{id}", (string id, ExecutionTable table, ExecutionRunner runner) => With(table, id, e =>
        {
            runner.Kill(e);
            return Task.FromResult<IResult>(TypedResults.Ok());
        }));
    }

    private static async Task<IResult> SubmitAsync(
        HttpContext context, ExecutionTable table, ExecutionReceiver receiver, ExecutionRunner runner, NodeDrain drain, SandboxStatus sandbox)
    {
        if (sandbox.Problem is { } problem)
        {
            return Refuse(StatusCodes.Status503ServiceUnavailable, problem);
        }

        if (drain.IsDraining)
        {
            return Refuse(StatusCodes.Status503ServiceUnavailable, "This client is draining and takes no new work");
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        try
        {
            var key = table.NewClassicKey();
            var (execution, _) = await table.GetOrReceiveAsync(key, () => receiver.ReceiveAsync(key, context.Request, context.RequestAborted));
            var answer = Answer(execution);
            runner.Add(execution);
            return answer;
        }
        catch (MultipartException e)
        {
            return Refuse(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            return Refuse(e.StatusCode, $"Multipart error: {e.Message}");
        }
        catch (IOException e) when (DiskFull.IsCauseOf(e))
        {
            return Refuse(StatusCodes.Status507InsufficientStorage, "The client's disk is full");
        }
    }

    private static Task<IResult> With(ExecutionTable table, string id, Func<Execution, Task<IResult>> answer)
    {
        if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return Task.FromResult(Refuse(StatusCodes.Status400BadRequest, "Invalid payload id, should be a whole number"));
        }

        return table.Find(ExecutionKey.Classic(number)) is { } execution
            ? answer(execution)
            : Task.FromResult(Refuse(StatusCodes.Status404NotFound, $"There is no payload {number} here"));
    }

    private static IResult Answer(Execution execution)
    {
        var report = execution.Report;
        var status = report.State switch
        {
            ExecutionState.Prepared => ClassicStatus.Prepared,
            ExecutionState.Running => ClassicStatus.Running,
            ExecutionState.Completed => ClassicStatus.Completed,
            ExecutionState.Invalid => ClassicStatus.Invalid,
            ExecutionState.Killed => ClassicStatus.Killed,
            _ => ClassicStatus.Failed,
        };
        return TypedResults.Json(
            new Payload(report.JobId, new PayloadInput(), status, Workspace.WorkOf(execution.Directory),
                execution.Run?.ScriptProcessId ?? 0, execution.KillRequested),
            ContractsJson.Default.Payload);
    }

    private static IResult Refuse(int statusCode, string message) => TypedResults.Json(
        new StatusBody(0, ClassicStatus.Unknown, message), ContractsJson.Default.StatusBody, statusCode: statusCode);
}
