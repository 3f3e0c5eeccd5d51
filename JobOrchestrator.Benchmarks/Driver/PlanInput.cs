using System.Collections.Frozen;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Waiting jobs of one service, dealt to users one by one, and nodes that serve it: what a plan is made from, in memory.</summary>
internal sealed class PlanInput
{
    private readonly JobQueue _queue = new();
    private readonly Dictionary<string, ServiceDefinition> _services;
    private readonly List<NodeCapacity> _nodes;

    public PlanInput(int jobs, int users, IEnumerable<(int Slots, int Busy)> nodes)
    {
        for (var id = 0; id < jobs; id++)
        {
            _queue.Add(new QueuedJob(id, "example", id % users, 0, DateTimeOffset.UnixEpoch.AddSeconds(id), DateTimeOffset.MinValue, Attempt: 1), reserved: false);
        }

        _services = new() { ["example"] = new() { Name = "example", RunsPerUser = jobs, MaxRuns = jobs } };
        var serves = FrozenSet.Create(StringComparer.Ordinal, "example");
        _nodes = [.. nodes.Select((node, n) => new NodeCapacity($"http://node-{n}:9000", node.Slots, node.Busy, n, serves))];
    }

    /// <summary>Nothing is carried out: the next plan is the same.</summary>
    public SchedulePlan Plan(IClientSelector selector) =>
        FairShareScheduler.Plan(_queue.Capture(DateTimeOffset.UnixEpoch, _nodes, _services), selector);
}
