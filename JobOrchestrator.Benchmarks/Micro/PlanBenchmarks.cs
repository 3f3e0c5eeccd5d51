using BenchmarkDotNet.Attributes;
using JobOrchestrator.Benchmarks.Driver;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Benchmarks.Micro;

/// <summary>A plan for 100 users with 100 waiting jobs each; every other node has a free slot.</summary>
public class PlanBenchmarks
{
    private PlanInput _input = null!;

    [Params(10, 1000)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void Prepare() => _input = new PlanInput(10_000, 100, Enumerable.Range(0, Nodes).Select(n => (2, 1 + (n % 2))));

    [Benchmark(Description = "scheduler: plan, least loaded")]
    public int LeastLoaded() => _input.Plan(new LeastLoadedSelector()).Assignments.Count;

    [Benchmark(Description = "scheduler: plan, power of two choices")]
    public int PowerOfTwo() => _input.Plan(new PowerOfTwoSelector()).Assignments.Count;
}
