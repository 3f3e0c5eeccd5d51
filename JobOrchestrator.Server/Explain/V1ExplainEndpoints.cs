using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobOrchestrator.Server.Explain;

/// <summary><c>/api/v1/jobs/{id}/explain</c>.</summary>
internal static class V1ExplainEndpoints
{
    public static void MapV1Explain(this RouteGroupBuilder group) => group.MapGet("", ExplainAsync).WithName("explainJob")
        .WithSummary("Why the job waits, and for how long still; where it runs; or how it ended, and what to do about that.").ForOwnJob(Role.Read);

    private static async Task<Ok<Explanation>> ExplainAsync(int id, JobStore store, Explainer explainer, CancellationToken cancellationToken) =>
        TypedResults.Ok(await explainer.ExplainAsync(await store.GetAsync(id, cancellationToken), cancellationToken));
}
