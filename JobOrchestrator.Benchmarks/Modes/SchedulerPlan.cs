using System.Diagnostics;
using JobOrchestrator.Benchmarks.Driver;
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
        var input = new PlanInput(Users * JobsPerUser, Users, Enumerable.Range(0, Nodes).Select(n => (SlotsPerNode, n % SlotsPerNode)));
        foreach (IClientSelector selector in new IClientSelector[] { new LeastLoadedSelector(), new PowerOfTwoSelector(), new RoundRobinSelector() })
        {
            var (times, assigned) = (new List<double>(), 0);
            for (var i = 0; i < 50 * (context.Rounds + 1); i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                var plan = input.Plan(selector);
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
}
