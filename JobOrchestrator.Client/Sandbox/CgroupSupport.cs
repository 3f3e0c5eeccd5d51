using System.Globalization;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// Which of the kernel's control groups this client may make for its jobs. The unified hierarchy is used where the client's own group lies beside those of its jobs in one that was
/// delegated to it (systemd: <c>Delegate=yes</c>, <c>DelegateSubgroup=client</c>); in the old and in the hybrid layout, what there is of <c>memory</c> and
/// <c>pids</c>. A job gets a group only for a limit it has.
/// </summary>
internal sealed class CgroupSupport
{
    private const int TasksPerProcess = 8;
    private const int MoreTasks = 64;

    private readonly string? _unified;
    private readonly string? _memory;
    private readonly string? _pids;

    private CgroupSupport(string? unified, string? memory, string? pids) => (_unified, _memory, _pids) = (unified, memory, pids);

    /// <summary>What there is, in words; null when there is nothing to say.</summary>
    public string? Note { get; private init; }

    /// <summary>Looks at the machine, and removes empty groups that jobs of an earlier client left.</summary>
    /// <param name="own"><c>/proc/self/cgroup</c>.</param>
    /// <param name="root"><c>/sys/fs/cgroup</c>.</param>
    public static CgroupSupport Detect(string own = "/proc/self/cgroup", string root = "/sys/fs/cgroup")
    {
        if (!File.Exists(own) || !Directory.Exists(root))
        {
            return new CgroupSupport(null, null, null) { Note = "There are no control groups here; limits of memory and processes are kept by watching." };
        }

        var lines = File.ReadAllLines(own).Select(l => l.Split(':', 3)).Where(p => p.Length == 3).ToArray();
        var unifiedRoot = File.Exists(Path.Combine(root, "cgroup.controllers")) ? root : Path.Combine(root, "unified");
        var unified = lines.FirstOrDefault(p => p[0] == "0") is { } line ? Delegated(unifiedRoot, line[2]) : null;
        string? memory = null, pids = null;
        foreach (var parts in lines)
        {
            var controllers = parts[1].Split(',');
            memory ??= controllers.Contains("memory") ? Writable(Path.Combine(root, parts[1]) + parts[2], "memory.limit_in_bytes") : null;
            pids ??= controllers.Contains("pids") ? Writable(Path.Combine(root, parts[1]) + parts[2], "cgroup.procs") : null;
        }

        if (unified is not null)
        {
            (memory, pids) = (null, null);
        }

        foreach (var group in new[] { unified, memory, pids }.OfType<string>().Distinct().SelectMany(d => Directory.EnumerateDirectories(d, "job-*")))
        {
            RemoveEmpty(group);
        }

        return new CgroupSupport(unified, memory, pids)
        {
            Note = unified is null && memory is null && pids is null
                ? "No control group is delegated to this client; limits of memory and processes are kept by watching."
                : unified is null && (memory is null || pids is null)
                    ? $"Of the control groups only {(memory is null ? "pids" : "memory")} may be used here."
                    : null,
        };
    }

    /// <summary>The groups for one job.</summary>
    public List<LaunchCgroup> For(ExecutionLimits limits, string controlDirectory)
    {
        var name = "job-" + Path.GetFileName(Path.GetDirectoryName(controlDirectory)) + "-" + Guid.NewGuid().ToString("N")[..8];
        // The kernel counts threads; processes are counted by the launcher, which this keeps from being overrun.
        var tasks = limits.Processes is { } processes ? (processes * TasksPerProcess) + MoreTasks : (long?)null;
        var groups = new List<LaunchCgroup>();
        if (_unified is not null && (tasks ?? limits.Memory) is not null)
        {
            groups.Add(new LaunchCgroup
            {
                Directory = Path.Combine(_unified, name),
                JoinFile = "cgroup.procs",
                Settings = Settings(("pids.max", tasks), ("memory.max", limits.Memory), ("memory.swap.max", limits.Memory is null ? null : 0)),
                MemoryEvents = limits.Memory is null ? null : "memory.events",
                MemoryPeak = "memory.peak",
            });
        }

        if (_memory is not null && limits.Memory is not null)
        {
            groups.Add(new LaunchCgroup
            {
                Directory = Path.Combine(_memory, name),
                JoinFile = "tasks",
                ByThread = true,
                Settings = Settings(("memory.limit_in_bytes", limits.Memory), ("memory.memsw.limit_in_bytes", limits.Memory)),
                MemoryEvents = "memory.oom_control",
                MemoryPeak = "memory.max_usage_in_bytes",
            });
        }

        if (_pids is not null && tasks is not null)
        {
            groups.Add(new LaunchCgroup { Directory = Path.Combine(_pids, name), JoinFile = "tasks", ByThread = true, Settings = Settings(("pids.max", tasks)) });
        }

        return groups;
    }

    private static Dictionary<string, string> Settings(params (string File, long? Value)[] settings) => settings
        .Where(s => s.Value is not null).ToDictionary(s => s.File, s => s.Value!.Value.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>The group above the client's own, when it hands on controllers and the client may make groups in it.</summary>
    private static string? Delegated(string root, string own)
    {
        var parent = Path.GetDirectoryName(Path.Combine(root, own.TrimStart('/')));
        if (parent is null || !ReadablePaths.IsBeneath(parent, root) || own == "/")
        {
            return null;
        }

        var handedOn = Path.Combine(parent, "cgroup.subtree_control");
        var controllers = File.Exists(handedOn) ? File.ReadAllText(handedOn).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
        if (!controllers.Contains("memory") && !controllers.Contains("pids"))
        {
            return null;
        }

        // Launchers leave a job's group for this one, to remove it.
        return Writable(parent, "cgroup.procs") is { } group && TryCreate(Path.Combine(group, "launchers")) ? group : null;
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
