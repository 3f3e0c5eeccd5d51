using System.Collections.Frozen;
using FsCheck.Xunit;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Tests.Server.Scheduling;

/// <summary>The pool finds nodes in a tree; whatever is asked of it, it finds the one that looking at all of them finds.</summary>
public sealed class NodePoolTests
{
    private static readonly string[] Services = ["alpha", "beta", "gamma"];

    [Property(MaxTest = 3000)]
    public void Finds_the_least_loaded_node_as_a_scan_of_all_does(Crowd crowd, Call[] calls) =>
        Same(crowd, calls, new LeastLoadedSelector(), (free, _) => free.MinBy(n => (n.Ratio, n.Node.Cpu))!);

    [Property(MaxTest = 3000)]
    public void Takes_them_in_turn_as_a_scan_of_all_does(Crowd crowd, Call[] calls) =>
        Same(crowd, calls, new RoundRobinSelector(), (free, turn) => free[turn % free.Count]);

    [Property(MaxTest = 3000)]
    public void Draws_two_as_a_scan_of_all_does(Crowd crowd, Call[] calls) => Same(crowd, calls, new PowerOfTwoSelector(), (free, turn) =>
    {
        var random = new Random(((long)turn).GetHashCode());
        if (free.Count == 1)
        {
            return free[0];
        }

        var first = random.Next(free.Count);
        var second = (first + 1 + random.Next(free.Count - 1)) % free.Count;
        return new[] { free[first], free[second] }.MinBy(n => (n.Ratio, n.Node.Cpu))!;
    });

    private static void Same(Crowd crowd, Call[] calls, IClientSelector selector, Func<List<NodeLoad>, int, NodeLoad> choose)
    {
        var nodes = crowd.ToNodes();
        var pool = new NodePool(nodes, selector, turn: 3);
        var loads = nodes.Select((node, i) => new NodeLoad(node, i)).ToList();
        var turn = 3;
        foreach (var call in calls)
        {
            var (service, avoid) = (Services[call.Service % 3], call.Avoid % 4 == 0 ? $"http://node-{call.Avoid / 4}" : null);
            var free = loads.Where(n => n.HasFreeSlot && n.Node.Services.Contains(service)).ToList();
            var others = free.Where(n => n.Node.Address != avoid).ToList();
            var expected = others.Count > 0 ? choose(others, turn++) : free.SingleOrDefault();
            expected?.Take();
            Assert.Equal(expected?.Node.Address, pool.TryTake(service, avoid));
        }
    }

    /// <summary>Up to sixteen nodes: enough for a tree with some levels and a number that is no power of two, few enough to be filled.</summary>
    public sealed record Crowd(ushort[] Nodes)
    {
        public override string ToString() => $"nodes [{string.Join(' ', Nodes)}]";

        // The lowest three bits say which services a node serves, the next three how many slots it has (none named when they are 7), then how many are taken, then its CPU.
        internal List<NodeCapacity> ToNodes() =>
        [
            .. Nodes.Take(16).Select((bits, i) => new NodeCapacity(
                $"http://node-{i}",
                (bits >> 3 & 7) == 7 ? int.MaxValue : bits >> 3 & 7,
                bits >> 6 & 3,
                bits >> 8 & 3,
                Services.Where((_, s) => (bits >> s & 1) == 1).ToFrozenSet(StringComparer.Ordinal))),
        ];
    }

    /// <summary>A job of a service asks for a slot, one in four away from some node.</summary>
    public sealed record Call(byte Service, byte Avoid);
}
