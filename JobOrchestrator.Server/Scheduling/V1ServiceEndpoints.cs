using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobOrchestrator.Server.Scheduling;

/// <summary><c>/api/v1/services</c>: the kinds of jobs, their limits and their queues.</summary>
internal static class V1ServiceEndpoints
{
    public static void MapV1Services(this RouteGroupBuilder group) => group.MapGet("", List).WithName("listServices")
        .WithSummary("The configured services with their limits, queues and client nodes.").For(Role.Read);

    /// <summary>All services, with those of their users the caller acts for.</summary>
    public static ServiceList Describe(Caller caller, ServiceCatalog catalog, JobQueue queue, ClientRegistry registry)
    {
        var nodes = registry.All.ToArray();
        var census = queue.Census().ToDictionary(c => c.Service, StringComparer.Ordinal);
        return new ServiceList
        {
            Services = [.. catalog.Services.Values.OrderBy(s => s.Name, StringComparer.Ordinal)
                .Select(s => ToRecord(s, census.GetValueOrDefault(s.Name) ?? ServiceCensus.Empty(s.Name), nodes, caller))],
        };
    }

    private static Ok<ServiceList> List(HttpContext context, ServiceCatalog catalog, JobQueue queue, ClientRegistry registry) =>
        TypedResults.Ok(Describe(context.GetCaller(), catalog, queue, registry));

    private static ServiceRecord ToRecord(ServiceDefinition service, ServiceCensus census, ClientNode[] nodes, Caller caller)
    {
        var own = nodes.Where(n => n.Services.Contains(service.Name)).ToArray();
        return new ServiceRecord
        {
            Name = service.Name,
            MaxRuns = service.MaxRuns,
            RunsPerUser = service.RunsPerUser,
            QueuedPerUser = service.QueuedPerUser,
            MaxAttempts = service.MaxAttempts,
            TimeLimitSeconds = service.TimeLimit?.TotalSeconds,
            Limits = ((ExecutionLimits?)service.Limits).ToRecord(timeoutSeconds: null, maxAttempts: null),
            Waiting = census.Waiting,
            Running = census.Active.Values.Sum(),
            HealthyClients = own.Count(n => n.Health == NodeHealth.Healthy),
            Clients = [.. own.Select(n => n.Address).Order(StringComparer.Ordinal)],
            Users = [.. census.Users.Where(l => caller.ActsFor(l.UserId)).OrderBy(l => l.UserId).Select(l => new UserLoad { UserId = l.UserId, Waiting = l.Waiting, Running = l.Running })],
        };
    }
}
