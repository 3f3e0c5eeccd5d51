using System.Text.Json;
using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Explain;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Logs;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Validation;

namespace JobOrchestrator.Server.Api;

/// <summary>The v1 API: what all its routes share, and where each of them is.</summary>
internal static class V1Api
{
    public const string Prefix = "/api/v1";

    /// <summary>Whether a request is one for this API, so that its errors are problem details.</summary>
    public static bool Owns(HttpRequest request) => request.Path.StartsWithSegments(Prefix);

    public static void AddV1Api(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, V1Json.Default);
        });
        // A parameter that cannot be read is answered with its name, by UseV1Errors.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddSingleton<JobSearch>();
        services.AddSingleton<EventLog>().AddSingleton<EventFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<EventFeed>()).AddHostedService<EventTrimmer>();
        services.AddSingleton<LogTails>();
        services.AddSingleton<WorkingFiles>().AddSingleton<RunTimes>().AddSingleton<Explainer>();
    }

    public static void MapV1Api(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Prefix);
        v1.MapGroup("/jobs").WithTags("jobs").MapV1Jobs();
        v1.MapGroup("/jobs/{id:int}").WithTags("results").MapV1Results();
        v1.MapGroup("/jobs/{id:int}/logs").WithTags("logs").MapV1Logs();
        v1.MapGroup("/jobs/{id:int}/explain").WithTags("jobs").MapV1Explain();
        v1.MapGroup("/events").WithTags("events").MapV1Events();
        v1.MapGroup("/services").WithTags("services").MapV1Services();
        v1.MapGroup("/clients").WithTags("clients").MapV1Clients();
        v1.MapGroup("/validate").WithTags("validation").MapV1Validation();
        v1.MapGroup("/problems").WithTags("problems").MapProblems();
    }

    /// <summary>What a problem's <c>type</c> leads to.</summary>
    private static void MapProblems(this RouteGroupBuilder group) => group.MapGet("/{code}", (string code) =>
            ProblemKind.All.FirstOrDefault(k => k.Code == code) is { } kind
                ? TypedResults.Text($"{kind.Code} ({kind.Status}): {kind.Title}.\n{kind.Advice}\n")
                : throw new ApiException(ProblemKind.NotFound, $"There is no kind of problem '{code}'."))
        .WithName("getProblem")
        .WithSummary("What a kind of problem means and what to do about it.")
        .Produces(200, contentType: "text/plain").Fails(ProblemKind.NotFound).ForAnybody();
}
