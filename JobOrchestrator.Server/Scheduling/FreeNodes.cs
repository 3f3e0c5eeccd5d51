using System.Numerics;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// The client nodes of one service that have a free slot, in their order. To find one, by its rank or as the least loaded, and to note that its load has changed take a
/// time that is logarithmic in their number: a binary tree over them knows of each of its parts how many are free and which is the least loaded.
/// </summary>
internal sealed class FreeNodes
{
    private const int None = -1;

    private readonly NodeLoad[] _nodes;
    private readonly int _leaves;

    // The parts of part i are 2i and 2i + 1; node n is part _leaves + n, all of them are part 1.
    private readonly int[] _count;
    private readonly int[] _least;

    /// <param name="nodes">In ascending <see cref="NodeLoad.Order"/>; some may be full.</param>
    public FreeNodes(IEnumerable<NodeLoad> nodes)
    {
        _nodes = [.. nodes];
        _leaves = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, _nodes.Length));
        _count = new int[2 * _leaves];
        _least = new int[2 * _leaves];
        Array.Fill(_least, None);
        for (var n = 0; n < _nodes.Length; n++)
        {
            SetLeaf(n, _nodes[n].HasFreeSlot);
        }

        for (var part = _leaves - 1; part > 0; part--)
        {
            Combine(part);
        }
    }

    public int Count => _count[1];

    /// <summary>The least loaded; of several the first.</summary>
    public NodeLoad LeastLoaded => _nodes[_least[1]];

    /// <summary>The free node before which there are <paramref name="rank"/> others.</summary>
    public NodeLoad this[int rank]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rank, (uint)Count);
            var part = 1;
            while (part < _leaves)
            {
                part *= 2;
                if (rank >= _count[part])
                {
                    rank -= _count[part];
                    part++;
                }
            }

            return _nodes[part - _leaves];
        }
    }

    /// <summary>Notes the node's load as it now is; one that is hidden is seen again.</summary>
    public void Refresh(NodeLoad node) => Set(node, node.HasFreeSlot);

    /// <summary>Passes over the node until it is refreshed.</summary>
    public void Hide(NodeLoad node) => Set(node, free: false);

    private void Set(NodeLoad node, bool free)
    {
        var n = Array.BinarySearch(_nodes, node, NodeLoad.ByOrder);
        if (n < 0)
        {
            return;
        }

        SetLeaf(n, free);
        for (var part = (_leaves + n) / 2; part > 0; part /= 2)
        {
            Combine(part);
        }
    }

    private void SetLeaf(int n, bool free)
    {
        _count[_leaves + n] = free ? 1 : 0;
        _least[_leaves + n] = free ? n : None;
    }

    private void Combine(int part)
    {
        var (left, right) = (_least[2 * part], _least[(2 * part) + 1]);
        _count[part] = _count[2 * part] + _count[(2 * part) + 1];
        _least[part] = left == None || (right != None && _nodes[right].CompareTo(_nodes[left]) < 0) ? right : left;
    }
}
