using System.Globalization;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// Which of the kernel's control groups this client may make for its jobs. The unified hierarchy is used where the client's own group lies beside those of its jobs in one that was
/// delegated to it (systemd: <c>Delegate=yes</c>, <c>DelegateSubgroup=client</c>), with the controllers that are handed on there; for the others the old layout is,
/// which in the hybrid one lies beside it. A job gets a group only for a limit it has.
/// </summary>
internal sealed class CgroupSupport
{
    private const string Memory = "memory";
    private const string Pids = "pids";
    private const string Cpu = "cpu";
    private const int TasksPerProcess = 8;
    private const int MoreTasks = 64;
    private const long PeriodMicroseconds = 100_000;
    private const double LeastQuotaMicroseconds = 1000; // the kernel takes no less

    private static readonly string[] Controllers = [Memory, Pids, Cpu];

    /// <summary>Controller → the group in which those of the jobs are made.</summary>
    private readonly Dictionary<string, string> _separate = new(StringComparer.Ordinal);
    private readonly string? _unified;
    private readonly string[] _handedOn = [];

    private CgroupSupport(string own, string root)
    {
        if (!File.Exists(own) || !Directory.Exists(root))
        {
            Note = "There are no control groups here; limits of memory and processes are kept by watching, and jobs with few cores are kept to them.";
            return;
        }

        var lines = File.ReadAllLines(own).Select(l => l.Split(':', 3)).Where(p => p.Length == 3).ToArray();
        var unifiedRoot = File.Exists(Path.Combine(root, "cgroup.controllers")) ? root : Path.Combine(root, "unified");
        if (lines.FirstOrDefault(p => p[0] == "0") is { } line)
        {
            (_unified, _handedOn) = Delegated(unifiedRoot, line[2]);
        }

        foreach (var parts in lines)
        {
            foreach (var controller in parts[1].Split(',').Intersect(Controllers).Except(_handedOn))
            {
                if (Writable(Path.Combine(root, parts[1]) + parts[2], FileOf(controller)) is { } group)
                {
                    _separate[controller] = group;
                }
            }
        }

        foreach (var group in _separate.Values.Append(_unified).OfType<string>().Distinct().SelectMany(d => Directory.EnumerateDirectories(d, "job-*")))
        {
            RemoveEmpty(group);
        }

        string[] usable = [.. Controllers.Where(c => _handedOn.Contains(c) || _separate.ContainsKey(c))];
        Note = usable.Length == 0
            ? "No control group is delegated to this client; limits of memory and processes are kept by watching, and jobs with few cores are kept to them."
            : usable.Length < Controllers.Length ? $"Of the control groups only {string.Join(" and ", usable)} may be used here." : null;
    }

    /// <summary>What there is, in words; null when there is nothing to say.</summary>
    public string? Note { get; }

    /// <summary>Whether CPU time can be measured out, parts of a core too.</summary>
    public bool MeasuresCpu => _handedOn.Contains(Cpu) || _separate.ContainsKey(Cpu);

    /// <summary>Looks at the machine, and removes empty groups that jobs of an earlier client left.</summary>
    /// <param name="own"><c>/proc/self/cgroup</c>.</param>
    /// <param name="root"><c>/sys/fs/cgroup</c>.</param>
    public static CgroupSupport Detect(string own = "/proc/self/cgroup", string root = "/sys/fs/cgroup") => new(own, root);

    /// <summary>The groups for one job.</summary>
    public List<LaunchCgroup> For(ExecutionLimits limits, string controlDirectory)
    {
        var name = "job-" + Path.GetFileName(Path.GetDirectoryName(controlDirectory)) + "-" + Guid.NewGuid().ToString("N")[..8];
        // The kernel counts threads; processes are counted by the launcher, which this keeps from being overrun.
        var tasks = limits.Processes is { } processes ? (processes * TasksPerProcess) + MoreTasks : (long?)null;
        var quota = limits.Cpus is { } cpus ? (long)Math.Max(LeastQuotaMicroseconds, cpus * PeriodMicroseconds) : (long?)null;
        var groups = new List<LaunchCgroup>();
        var settings = Settings(
            ("pids.max", HandedOn(Pids, tasks)), ("memory.max", HandedOn(Memory, limits.Memory)), ("memory.swap.max", HandedOn(Memory, limits.Memory) is null ? null : 0));
        if (HandedOn(Cpu, quota) is { } most)
        {
            settings["cpu.max"] = string.Create(CultureInfo.InvariantCulture, $"{most} {PeriodMicroseconds}");
        }

        if (settings.Count > 0)
        {
            groups.Add(new LaunchCgroup
            {
                Directory = Path.Combine(_unified!, name),
                JoinFile = "cgroup.procs",
                Settings = settings,
                KillFile = "cgroup.kill",
                MemoryEvents = HandedOn(Memory, limits.Memory) is null ? null : "memory.events",
                MemoryPeak = "memory.peak",
            });
        }

        if (limits.Memory is not null)
        {
            AddSeparate(Memory, ("memory.limit_in_bytes", limits.Memory), ("memory.memsw.limit_in_bytes", limits.Memory));
        }

        if (tasks is not null)
        {
            AddSeparate(Pids, ("pids.max", tasks));
        }

        if (quota is not null)
        {
            AddSeparate(Cpu, ("cpu.cfs_period_us", PeriodMicroseconds), ("cpu.cfs_quota_us", quota));
        }

        return groups;

        long? HandedOn(string controller, long? limit) => _handedOn.Contains(controller) ? limit : null;

        void AddSeparate(string controller, params (string File, long? Value)[] values)
        {
            if (_separate.TryGetValue(controller, out var parent))
            {
                groups.Add(new LaunchCgroup
                {
                    Directory = Path.Combine(parent, name),
                    JoinFile = "tasks",
                    ByThread = true,
                    Settings = Settings(values),
                    MemoryEvents = controller == Memory ? "memory.oom_control" : null,
                    MemoryPeak = controller == Memory ? "memory.max_usage_in_bytes" : null,
                });
            }
        }
    }

    /// <summary>A file that a group of the old layout has when it can do what is wanted of it.</summary>
    private static string FileOf(string controller) => controller switch { Memory => "memory.limit_in_bytes", Cpu => "cpu.cfs_quota_us", _ => "cgroup.procs" };

    private static Dictionary<string, string> Settings(params (string File, long? Value)[] settings) => settings
        .Where(s => s.Value is not null).ToDictionary(s => s.File, s => s.Value!.Value.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>The group above the client's own, when it hands on controllers and the client may make groups in it; and those controllers.</summary>
    private static (string? Group, string[] HandedOn) Delegated(string root, string own)
    {
        var parent = Path.GetDirectoryName(Path.Combine(root, own.TrimStart('/')));
        if (parent is null || !ReadablePaths.IsBeneath(parent, root) || own == "/")
        {
            return (null, []);
        }

        var file = Path.Combine(parent, "cgroup.subtree_control");
        string[] handedOn = File.Exists(file) ? [.. File.ReadAllText(file).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Intersect(Controllers)] : [];
        // Launchers leave a job's group for this one when they have started it.
        return handedOn.Length > 0 && Writable(parent, "cgroup.procs") is { } group && TryCreate(Path.Combine(group, "launchers")) ? (group, handedOn) : (null, []);
    }

    private static string? Writable(string directory, string file)
    {
        var probe = Path.Combine(directory, $"job-probe-{Environment.ProcessId}");
        if (!File.Exists(Path.Combine(directory, file)) || !TryCreate(probe))
        {
            return null;
        }

        RemoveEmpty(probe);
        return directory;
    }

    private static bool TryCreate(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void RemoveEmpty(string group)
    {
        try
        {
            Directory.Delete(group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A job is in it.
        }
    }
}
