using System.Collections.Frozen;
using System.Diagnostics;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>The pure decision, with nothing around it.</summary>
internal static class SchedulerPlan
{
    private const int Users = 100;
    private const int JobsPerUser = 1000;
    private const int Nodes = 100;
    private const int SlotsPerNode = 16;

    public static Task MeasureAsync(RunContext context)
    {
        var queue = new JobQueue();
        var services = new Dictionary<string, ServiceDefinition>
        {
            ["example"] = new() { Name = "example", RunsPerUser = JobsPerUser, MaxRuns = Users * JobsPerUser },
        };
        for (var id = 0; id < Users * JobsPerUser; id++)
        {
            queue.Add(Job(id), reserved: false);
        }

        var serves = FrozenSet.Create(StringComparer.Ordinal, "example");
        var nodes = Enumerable.Range(0, Nodes).Select(n => new NodeCapacity($"http://node-{n}:9000", SlotsPerNode, n % SlotsPerNode, n, serves)).ToList();
        foreach (IClientSelector selector in new IClientSelector[] { new LeastLoadedSelector(), new PowerOfTwoSelector(), new RoundRobinSelector() })
        {
            var (times, assigned) = (new List<double>(), 0);
            for (var i = 0; i < 50 * (context.Rounds + 1); i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                var plan = FairShareScheduler.Plan(queue.Capture(DateTimeOffset.UnixEpoch, nodes, services), selector);
                var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                assigned = plan.Assignments.Count;
                if (i >= 50)
                {
                    times.Add(elapsed);
                }
            }

            context.Report.Add(
                $"plan for {Users} users × {JobsPerUser} waiting jobs × {Nodes} nodes, {selector.GetType().Name}",
                Report.Invariant($"p50 {times.Median():0.00} ms, p99 {times.Quantile(0.99):0.00} ms"),
                $"{assigned} jobs assigned");
        }

        return Task.CompletedTask;
    }

    private static QueuedJob Job(int id) => new(
        id, "example", id % Users, 0, DateTimeOffset.UnixEpoch.AddSeconds(id), DateTimeOffset.MinValue, Attempt: 1);
}
