using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using JobOrchestrator.Benchmarks.Driver;
using JobOrchestrator.Benchmarks.Micro;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>
/// The hot pure parts by BenchmarkDotNet, in short runs. It runs them in this process: the project that its other ways generate would be built under this
/// solution's rules, and fail.
/// </summary>
internal static class MicroBenchmarks
{
    public static Task MeasureAsync(RunContext context)
    {
        using var artifacts = new ScratchDirectory();
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.DontLogOutput))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(artifacts.Path);
        foreach (var type in new[] { typeof(PlanBenchmarks), typeof(ScriptBenchmarks), typeof(StateBenchmarks), typeof(MultipartBenchmarks) })
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var summary = BenchmarkRunner.Run(type, config);
            if (summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success))
            {
                throw new InvalidOperationException($"{type.Name} failed: {string.Join("; ", summary.ValidationErrors.Select(e => e.Message))}");
            }

            foreach (var report in summary.Reports)
            {
                var benchmark = report.BenchmarkCase;
                var statistics = report.ResultStatistics!;
                context.Report.Add(
                    benchmark.Descriptor.WorkloadMethodDisplayInfo.Trim('\'') + (benchmark.HasParameters ? $" ({benchmark.Parameters.DisplayInfo.Trim('[', ']')})" : ""),
                    Report.Invariant($"{statistics.Mean / 1000:0.000} µs ± {statistics.StandardDeviation / 1000:0.000}"),
                    Report.Invariant($"allocates {report.GcStats.GetBytesAllocatedPerOperation(benchmark) / 1024.0:0.0} KiB"));
            }
        }

        return Task.CompletedTask;
    }
}
