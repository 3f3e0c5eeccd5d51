namespace JobOrchestrator.Server.Scheduling;

/// <summary>A client node's load as a plan goes on.</summary>
internal sealed class NodeLoad(NodeCapacity node, int order)
{
    /// <summary>Where the nodes stand in the snapshot.</summary>
    public static readonly IComparer<NodeLoad> ByOrder = Comparer<NodeLoad>.Create(static (a, b) => a.Order.CompareTo(b.Order));

    /// <summary>A classic client names no slots; for comparing it with those that do it counts as a small machine.</summary>
    private const int AssumedClassicSlots = 4;

    private int _busy = node.Busy;

    public NodeCapacity Node { get; } = node;

    public int Order { get; } = order;

    public bool HasFreeSlot => _busy < Node.Slots;

    /// <summary>Work per slot: 0 idle, 1 full.</summary>
    public double Ratio => (double)_busy / (Node.Slots == int.MaxValue ? AssumedClassicSlots : Node.Slots);

    public void Take() => _busy++;

    /// <summary>Negative when this node is the less loaded one: by work per slot, then CPU.</summary>
    public int CompareTo(NodeLoad other)
    {
        var byRatio = Ratio.CompareTo(other.Ratio);
        return byRatio != 0 ? byRatio : Node.Cpu.CompareTo(other.Node.Cpu);
    }
}
