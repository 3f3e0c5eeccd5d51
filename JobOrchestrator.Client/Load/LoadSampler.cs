using System.Globalization;
using JobOrchestrator.Client.Telemetry;

namespace JobOrchestrator.Client.Load;

/// <summary>Measures the host about once a second in the background, so that whoever asks is answered at once.</summary>
internal sealed partial class LoadSampler(
    ClientOptions options, ClientMetrics metrics, TimeProvider clock, ILogger<LoadSampler> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private long _busy;
    private long _total;
    private double _cpu;

    /// <summary>CPU use of the host over the last second, in percent, 0-100.</summary>
    public double Cpu => Volatile.Read(ref _cpu);

    /// <summary>Memory of the host in use and in all, bytes.</summary>
    public static (long Used, long Total) Memory()
    {
        var lines = File.ReadLines("/proc/meminfo").Take(3).ToArray();
        var total = Kilobytes(lines[0]);
        return ((total - Kilobytes(lines[2])) << 10, total << 10);

        static long Kilobytes(string line) =>
            long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Free bytes where the jobs' directories are.</summary>
    public long DiskFree() => new DriveInfo(options.DataPath).AvailableFreeSpace;

    /// <summary>One sample: CPU use since the last one.</summary>
    public void RunOnce()
    {
        var line = File.ReadLines("/proc/stat").First();
        var ticks = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        var total = ticks.Sum();
        var busy = total - ticks[3] - ticks[4]; // idle and waiting for disks
        if (total > _total && _total > 0)
        {
            Volatile.Write(ref _cpu, Math.Clamp(100.0 * (busy - _busy) / (total - _total), 0, 100));
        }

        (_busy, _total) = (busy, total);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            do
            {
                RunGuarded();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The client stops.
        }
    }

    private void RunGuarded()
    {
        try
        {
            RunOnce();
        }
        catch (Exception e)
        {
            metrics.LoopFailed("load_sampler");
            Log.SampleFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Measuring the host failed; going on")]
        public static partial void SampleFailed(ILogger logger, Exception exception);
    }
}
