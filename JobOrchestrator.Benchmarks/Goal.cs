namespace JobOrchestrator.Benchmarks;

/// <summary>
/// A ratio of this project to what the machine does without it, in the same run: what it should be, and the least it was in the runs behind <c>docs/performance.md</c>.
/// The guard fails under half of the lesser of the two: what is met must stay met, and what is still missed must at least not get worse. Who makes it better writes the new
/// figure here.
/// </summary>
/// <param name="Target">At least this is the aim.</param>
/// <param name="Record">The least of several runs.</param>
internal sealed record Goal(double Target, double Record)
{
    /// <summary>500 trivial jobs a second over those of <c>xargs -P2</c>, limits at 500.</summary>
    public static readonly Goal Throughput = new(0.5, 0.05);

    /// <summary>The same, limits at their defaults.</summary>
    public static readonly Goal ThroughputAtDefaults = new(0.4, 0.05);

    /// <summary>CPU time of <c>bash -c true</c> over that of a trivial job, everything counted.</summary>
    public static readonly Goal CpuTime = new(0.5, 0.075);

    /// <summary>A durable upload over a raw loopback connection into a file. The least was on a disk that took 185 MiB/s of dd with fdatasync, and 180 of an upload.</summary>
    public static readonly Goal Upload = new(0.6, 0.35);

    /// <summary>What the guard lets pass.</summary>
    public double Floor => Math.Min(Target, Record) / 2;
}
