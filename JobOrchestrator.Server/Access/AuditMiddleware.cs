using System.Diagnostics;

namespace JobOrchestrator.Server.Access;

/// <summary>Records what changed something, and what was refused. Reading is not recorded: it is most of the traffic and changes nothing.</summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditLog audit, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.GetEndpoint() is not null && IsWorthRecording(context))
            {
                audit.Add(new AuditEntry(
                    clock.GetUtcNow(), context.GetCaller().Name, context.Connection.RemoteIpAddress?.ToString(),
                    $"{context.Request.Method} {context.Request.Path}", context.Response.StatusCode, Activity.Current?.TraceId.ToString()));
            }
        }
    }

    private static bool IsWorthRecording(HttpContext context) =>
        !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)
        || context.Response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden;
}
