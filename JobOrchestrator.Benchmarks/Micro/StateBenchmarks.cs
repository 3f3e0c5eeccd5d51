using BenchmarkDotNet.Attributes;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Benchmarks.Micro;

/// <summary>Every change that the state machine's table knows, asked for once.</summary>
public class StateBenchmarks
{
    private readonly IReadOnlyList<(JobState From, JobState To, string Cause)> _transitions = JobStateTable.Transitions;

    [Benchmark(Description = "state machine: all transitions")]
    public int Allowed()
    {
        var allowed = 0;
        foreach (var (from, to, _) in _transitions)
        {
            allowed += Array.IndexOf(JobStateTable.SourcesOf(to), from) >= 0 && !from.IsTerminal() ? 1 : 0;
        }

        return allowed;
    }
}
