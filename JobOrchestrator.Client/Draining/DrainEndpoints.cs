using JobOrchestrator.Client.Executions;

namespace JobOrchestrator.Client.Draining;

/// <summary><c>POST /drain</c> and <c>POST /resume</c>, both idempotent; the answer is the client's status.</summary>
internal static class DrainEndpoints
{
    public static void MapDraining(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/drain", (NodeDrain drain, StatusReader status) =>
        {
            drain.Begin();
            return status.ToResult();
        });
        routes.MapPost("/resume", (NodeDrain drain, StatusReader status) => drain.TryLift()
                ? status.ToResult()
                : TypedResults.Problem("This client is about to end; start it again instead.", statusCode: StatusCodes.Status409Conflict));
    }
}
