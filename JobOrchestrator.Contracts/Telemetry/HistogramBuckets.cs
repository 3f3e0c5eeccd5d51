using System.Diagnostics.Metrics;

namespace JobOrchestrator.Contracts.Telemetry;

/// <summary>Bucket boundaries, given to instruments as advice so that every collector gets sensible ones without configuration.</summary>
public static class HistogramBuckets
{
    /// <summary>Seconds of work that may take milliseconds or a day: waiting, running, a job's whole life.</summary>
    public static InstrumentAdvice<double> Work { get; } = new()
    {
        HistogramBucketBoundaries =
        [
            0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400,
        ],
    };

    /// <summary>Seconds of steps of our own, which should take milliseconds.</summary>
    public static InstrumentAdvice<double> Step { get; } = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    /// <summary>Bytes of what users send and get, from 1 KiB to 4 GiB by fours.</summary>
    public static InstrumentAdvice<long> Bytes { get; } = new()
    {
        HistogramBucketBoundaries =
        [
            1L << 10, 1L << 12, 1L << 14, 1L << 16, 1L << 18, 1L << 20, 1L << 22, 1L << 24, 1L << 26, 1L << 28, 1L << 30, 1L << 32,
        ],
    };

    /// <summary>Things done together.</summary>
    public static InstrumentAdvice<int> Batch { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };
}
