namespace JobOrchestrator.Launcher;

/// <summary>
/// Notices when a job exceeds a limit that the kernel does not enforce by itself. It never looks when there is nothing to watch, and as seldom as it may
/// otherwise: a wall-clock limit is one timer; CPU time cannot run out sooner than all cores at work allow; and memory, processes and disk
/// space do not grow while a job uses no CPU, so an idle job is looked at less and less often.
/// </summary>
internal sealed class Watchdog
{
    private const long FirstPause = 20;
    private const long ShortestPause = 50;
    private const long LongestPause = 4000;
    private const long ShortestCpuPause = 20;
    private const int ScansPerPause = 20; // a scan of the disk may take a twentieth of the time
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly LaunchLimits _limits;
    private readonly string[] _directories;
    private readonly Func<TimeSpan> _reapedCpu;
    private readonly JobCgroups _cgroups;
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();
    private readonly DiskUsage? _disk;
    private readonly bool _paced;
    private TimeSpan _cpu;
    private long _pause = FirstPause;
    private long _nextSample;
    private long _nextCpu;
    private long _nextScan;

    /// <summary>A watchdog over a job that starts now.</summary>
    /// <param name="limits">What to watch.</param>
    /// <param name="directories">Those whose contents count.</param>
    /// <param name="reapedCpu">CPU time of the job's processes that are gone already.</param>
    /// <param name="cgroups">Where the kernel may have enforced something.</param>
    public Watchdog(LaunchLimits limits, string[] directories, Func<TimeSpan> reapedCpu, JobCgroups cgroups)
    {
        _limits = limits;
        _directories = directories;
        _reapedCpu = reapedCpu;
        _cgroups = cgroups;
        _disk = limits.DiskBytes is null && limits.DiskEntries is null ? null : new DiskUsage();
        _paced = _disk is not null || limits.MemoryBytes is not null || limits.Processes is not null;
        _nextSample = _paced ? FirstPause : long.MaxValue;
        _nextCpu = limits.CpuMilliseconds is { } cpu ? CpuPause(cpu) : long.MaxValue;
    }

    /// <summary>Milliseconds until the next look is due; null when there is nothing to look at.</summary>
    public int? Due
    {
        get
        {
            var next = Math.Min(Math.Min(_nextSample, _nextCpu), _limits.TimeMilliseconds ?? long.MaxValue);
            return next == long.MaxValue ? null : (int)Math.Clamp(next - Elapsed, 0, int.MaxValue);
        }
    }

    private long Elapsed => (long)TimeProvider.System.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>Looks at what is due; the limit exceeded, if one is.</summary>
    public LimitBreach? Look()
    {
        var now = Elapsed;
        if (_limits.TimeMilliseconds is { } time && now >= time)
        {
            return new LimitBreach(LimitKind.Time, time, now);
        }

        return now >= _nextSample || now >= _nextCpu ? LookAtTree(now) : null;
    }

    /// <summary>The limit that ended a job which has ended: the kernel may have been faster than any look.</summary>
    public LimitBreach? LookBack() => _limits.MemoryBytes is { } memory && _cgroups.MemoryExceededAt() is { } peak
        ? new LimitBreach(LimitKind.Memory, memory, Math.Max(memory, peak))
        : null;

    private LimitBreach? LookAtTree(long now)
    {
        var usage = TreeUsage.Of(Native.GetProcessId(), _limits.Processes ?? long.MaxValue);
        if (usage.Processes > _limits.Processes)
        {
            return new LimitBreach(LimitKind.Processes, _limits.Processes.Value, usage.Processes);
        }

        var cpu = usage.Cpu + _reapedCpu();
        var busy = cpu - _cpu >= Tick;
        _cpu = cpu > _cpu ? cpu : _cpu;
        if (_limits.CpuMilliseconds is { } cpuLimit)
        {
            var left = cpuLimit - (long)_cpu.TotalMilliseconds;
            if (left <= 0)
            {
                return new LimitBreach(LimitKind.Cpu, cpuLimit, (long)_cpu.TotalMilliseconds);
            }

            _nextCpu = now + CpuPause(left);
        }

        if (!_paced)
        {
            return null;
        }

        _pause = busy ? ShortestPause : Math.Min(_pause * 2, LongestPause);
        _nextSample = now + _pause;
        return MemoryBreach(usage) ?? (now >= _nextScan ? ScanDisk(busy) : null);
    }

    private LimitBreach? MemoryBreach(TreeUsage usage)
    {
        if (LookBack() is { } killed)
        {
            return killed;
        }

        if (_limits.MemoryBytes is { } memory && usage.MemoryBytes > memory)
        {
            var exact = TreeUsage.ProportionalMemoryOf(Native.GetProcessId());
            return exact > memory ? new LimitBreach(LimitKind.Memory, memory, exact) : null;
        }

        return null;
    }

    private LimitBreach? ScanDisk(bool busy)
    {
        if (_disk is null)
        {
            return null;
        }

        var before = Elapsed;
        var maxEntries = _limits.DiskEntries ?? long.MaxValue - 1;
        _disk.Measure(_directories, maxEntries);
        var after = Elapsed;
        _nextScan = after + Math.Max(ShortestPause, (after - before) * ScansPerPause);
        _nextSample = Math.Max(_nextSample, busy ? _nextScan : 0);
        return _disk.Entries > maxEntries ? new LimitBreach(LimitKind.DiskEntries, maxEntries, _disk.Entries)
            : _limits.DiskBytes is { } bytes && _disk.Bytes > bytes ? new LimitBreach(LimitKind.DiskBytes, bytes, _disk.Bytes)
            : null;
    }

    /// <summary>The soonest that so much CPU time can be used up.</summary>
    private static long CpuPause(long milliseconds) => Math.Max(ShortestCpuPause, milliseconds / Environment.ProcessorCount);
}
