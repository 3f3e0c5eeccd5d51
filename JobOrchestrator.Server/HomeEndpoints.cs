using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;

namespace JobOrchestrator.Server;

/// <summary>The root, the interactive docs, and the shape of errors no endpoint made.</summary>
internal static class HomeEndpoints
{
    /// <summary><c>GET /</c>: a sign of life for programs, the web page for a browser.</summary>
    public static void MapHome(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", (HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? (IResult)TypedResults.Redirect("/ui")
            : TypedResults.Json(new Pong("pong"), ContractsJson.Default.Pong)).ExcludeFromDescription().ForAnybody();

    /// <summary><c>/api-docs/openapi.json</c> and <c>/swagger</c>.</summary>
    public static void MapApiDocs(this WebApplication app)
    {
        app.MapOpenApi("/api-docs/{documentName}.json").ForAnybody();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "swagger";
            ui.SwaggerEndpoint("/api-docs/openapi.json", "JobOrchestrator");
        });
    }

    /// <summary>Answers of the framework itself (404, 405, a failure nobody foresaw) in the JSON shape of all others; problem details on v1.</summary>
    public static void UseErrors(this WebApplication app)
    {
        const string failure = "Internal server error; the server's log has the details";
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = e => e is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
            ExceptionHandler = context => V1Api.Owns(context.Request)
                ? V1Errors.WriteAsync(context, ProblemKind.InternalError, failure)
                : WriteAsync(context, context.Response.StatusCode < StatusCodes.Status500InternalServerError ? "The request cannot be read" : failure),
        });
        app.UseStatusCodePages(context => V1Api.Owns(context.HttpContext.Request)
            ? V1Errors.WriteAsync(context.HttpContext, context.HttpContext.Response.StatusCode)
            : WriteAsync(context.HttpContext, context.HttpContext.Response.StatusCode switch
            {
                StatusCodes.Status404NotFound => $"There is nothing at {context.HttpContext.Request.Path}; see /swagger",
                StatusCodes.Status405MethodNotAllowed => $"{context.HttpContext.Request.Method} is not possible here; see /swagger",
                var code => $"The request was answered with {code}",
            }));
    }

    private static Task WriteAsync(HttpContext context, string message) => context.Response.WriteAsJsonAsync(
        new StatusBody(0, ClassicStatus.Unknown, message), ContractsJson.Default.StatusBody);
}
