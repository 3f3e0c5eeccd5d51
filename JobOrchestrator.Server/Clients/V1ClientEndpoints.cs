using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobOrchestrator.Server.Clients;

/// <summary><c>/api/v1/clients</c>: the machines that execute.</summary>
internal static class V1ClientEndpoints
{
    public static void MapV1Clients(this RouteGroupBuilder group)
    {
        group.MapGet("", List).WithName("listClients")
            .WithSummary("The client nodes with their health and load.").For(Role.Read);
        group.MapPost("/{name}/drain", (string name, ClientRegistry registry, CancellationToken token) => SetDrainingAsync(name, true, registry, token))
            .WithName("drainClient")
            .WithSummary("Let a client node finish what it has and give it nothing new.")
            .Fails(ProblemKind.ClientNotFound, ProblemKind.AmbiguousClient, ProblemKind.NotSupported, ProblemKind.ClientFailed).For(Role.Admin);
        group.MapPost("/{name}/resume", (string name, ClientRegistry registry, CancellationToken token) => SetDrainingAsync(name, false, registry, token))
            .WithName("resumeClient")
            .WithSummary("Give a drained client node work again.")
            .Fails(ProblemKind.ClientNotFound, ProblemKind.AmbiguousClient, ProblemKind.NotSupported, ProblemKind.ClientFailed).For(Role.Admin);
    }

    /// <summary>All client nodes, by name.</summary>
    public static ClientList Describe(ClientRegistry registry) => new()
    {
        Clients = [.. registry.All.Select(ToRecord).OrderBy(c => c.Name, StringComparer.Ordinal).ThenBy(c => c.Address, StringComparer.Ordinal)],
    };

    private static Ok<ClientList> List(ClientRegistry registry) => TypedResults.Ok(Describe(registry));

    /// <exception cref="ApiException">There is no such node, or it cannot be told.</exception>
    public static async Task<Ok<ClientRecord>> SetDrainingAsync(
        string name, bool draining, ClientRegistry registry, CancellationToken cancellationToken)
    {
        var node = Find(registry, name);
        if (node.IsClassic)
        {
            throw new ApiException(ProblemKind.NotSupported,
                $"Client node {node.Address} speaks the classic protocol only and cannot be told; take it out of the service's configuration instead.");
        }

        try
        {
            await node.Protocol.SetDrainingAsync(draining, cancellationToken);
        }
        catch (ClientException e)
        {
            throw new ApiException(ProblemKind.ClientFailed, e.Message);
        }

        node.Drained(draining);
        registry.NotifyChanged();
        return TypedResults.Ok(ToRecord(node));
    }

    /// <summary>The node of that name, address, or host and port.</summary>
    private static ClientNode Find(ClientRegistry registry, string name)
    {
        var nodes = registry.All.Where(n => n.Status?.Name == name || n.Address == name || new Uri(n.Address).Authority == name).ToArray();
        return nodes switch
        {
            [var node] => node,
            [] => throw new ApiException(ProblemKind.ClientNotFound, $"There is no client node '{name}'."),
            _ => throw new ApiException(ProblemKind.AmbiguousClient,
                $"{nodes.Length} client nodes are called '{name}': {string.Join(", ", nodes.Select(n => new Uri(n.Address).Authority))}. Name one by host and port."),
        };
    }

    private static ClientRecord ToRecord(ClientNode node)
    {
        var status = node.Status;
        return new ClientRecord
        {
            Name = status?.Name ?? new Uri(node.Address).Authority,
            Address = node.Address,
            Health = ToHealth(node.Health),
            Classic = node.IsClassic,
            Services = [.. node.Services.Order(StringComparer.Ordinal)],
            Jobs = node.Tracked.Count,
            Slots = status?.Slots,
            Running = status?.Running,
            Queued = status?.Queued,
            Cpu = status?.Cpu,
            MemoryUsedBytes = status?.MemoryUsed,
            MemoryTotalBytes = status?.MemoryTotal,
            DiskFreeBytes = status?.DiskFree,
            SandboxTier = status?.SandboxTier,
            Version = status?.Version,
            Problem = status?.Problem,
        };
    }

    private static ClientHealth ToHealth(NodeHealth health) => health switch
    {
        NodeHealth.Healthy => ClientHealth.Healthy,
        NodeHealth.Draining => ClientHealth.Draining,
        NodeHealth.Unfit => ClientHealth.Unfit,
        NodeHealth.Unreachable => ClientHealth.Unreachable,
        NodeHealth.Gone => ClientHealth.Gone,
        _ => ClientHealth.Unknown,
    };
}
