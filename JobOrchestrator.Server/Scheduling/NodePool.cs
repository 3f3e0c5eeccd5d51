namespace JobOrchestrator.Server.Scheduling;

/// <summary>The client nodes' free slots while a plan is made; what is taken counts at once.</summary>
internal sealed class NodePool
{
    private readonly Dictionary<string, List<NodeLoad>> _byService = new(StringComparer.Ordinal);

    /// <summary>Of the services that took a slot.</summary>
    private readonly Dictionary<string, FreeNodes> _free = new(StringComparer.Ordinal);

    private readonly NodeLoad[] _nodes;
    private readonly IClientSelector _selector;
    private Dictionary<string, NodeLoad>? _byAddress;
    private long _turn;

    public NodePool(IReadOnlyList<NodeCapacity> nodes, IClientSelector selector, long turn)
    {
        _selector = selector;
        _turn = turn;
        _nodes = [.. nodes.Select((node, order) => new NodeLoad(node, order))];
        foreach (var load in _nodes)
        {
            foreach (var service in load.Node.Services)
            {
                if (!_byService.TryGetValue(service, out var list))
                {
                    _byService[service] = list = [];
                }

                list.Add(load);
            }
        }
    }

    /// <summary>Whether any node accepts the service's work at all, full or not.</summary>
    public bool Serves(string service) => _byService.ContainsKey(service);

    /// <summary>Takes a slot for a job of the service; on the node to avoid only when no other has one. Null when all are full.</summary>
    public string? TryTake(string service, string? avoid)
    {
        if (FreeOf(service) is not { Count: > 0 } free)
        {
            return null;
        }

        var chosen = Choose(free, avoid is null ? null : AtAddress(avoid));
        chosen.Take();
        foreach (var shared in chosen.Node.Services)
        {
            _free.GetValueOrDefault(shared)?.Refresh(chosen);
        }

        return chosen.Node.Address;
    }

    private NodeLoad Choose(FreeNodes free, NodeLoad? avoid)
    {
        if (avoid is not null)
        {
            free.Hide(avoid);
        }

        var chosen = free.Count > 0 ? _selector.Select(free, _turn++) : null;
        if (avoid is not null)
        {
            free.Refresh(avoid);
        }

        return chosen ?? free.LeastLoaded;
    }

    private FreeNodes? FreeOf(string service)
    {
        if (!_free.TryGetValue(service, out var free) && _byService.TryGetValue(service, out var nodes))
        {
            _free[service] = free = new FreeNodes(nodes);
        }

        return free;
    }

    private NodeLoad? AtAddress(string address)
    {
        _byAddress ??= _nodes.ToDictionary(n => n.Node.Address, StringComparer.Ordinal);
        return _byAddress.GetValueOrDefault(address);
    }
}
