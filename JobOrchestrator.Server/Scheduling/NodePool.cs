namespace JobOrchestrator.Server.Scheduling;

/// <summary>The client nodes' free slots while a plan is made; what is taken counts at once.</summary>
internal sealed class NodePool
{
    private readonly Dictionary<string, List<NodeLoad>> _byService = new(StringComparer.Ordinal);
    private readonly List<NodeLoad> _free = [];
    private readonly IClientSelector _selector;
    private long _turn;

    public NodePool(IReadOnlyList<NodeCapacity> nodes, IClientSelector selector, long turn)
    {
        _selector = selector;
        _turn = turn;
        foreach (var load in nodes.Select(node => new NodeLoad(node)))
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
        if (!_byService.TryGetValue(service, out var nodes))
        {
            return null;
        }

        _free.Clear();
        NodeLoad? avoided = null;
        foreach (var node in nodes)
        {
            if (!node.HasFreeSlot)
            {
                continue;
            }

            if (node.Node.Address == avoid)
            {
                avoided = node;
            }
            else
            {
                _free.Add(node);
            }
        }

        var chosen = _free.Count > 0 ? _free[_selector.Select(_free, _turn++)] : avoided;
        chosen?.Take();
        return chosen?.Node.Address;
    }
}
