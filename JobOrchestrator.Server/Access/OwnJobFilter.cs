using System.Globalization;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Access;

/// <summary>
/// Lets a request about a job pass when its caller acts for the job's user. To others the job does not exist, so that nobody learns by
/// counting how much others compute.
/// </summary>
internal sealed class OwnJobFilter(JobStore store) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var caller = http.GetCaller();
        if (caller.UserId is null || !int.TryParse(
            http.Request.RouteValues["id"]?.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var jobId))
        {
            return await next(context); // may see all; or the endpoint says what is wrong with the id
        }

        return await store.FindAsync(jobId, http.RequestAborted) is { } job && !caller.ActsFor(job.UserId)
            ? NotThere(http, jobId)
            : await next(context);
    }

    private static IResult NotThere(HttpContext context, int jobId) => V1Api.Owns(context.Request)
        ? throw V1JobEndpoints.NoJob(jobId)
        : TypedResults.Json(
            new StatusBody(0, ClassicStatus.Unknown, $"Job {jobId} not found in the database"), ContractsJson.Default.StatusBody,
            statusCode: StatusCodes.Status404NotFound);
}
