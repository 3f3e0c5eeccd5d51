using System.Globalization;

namespace JobOrchestrator.Launcher;

/// <summary>What the live processes below a process use, at one moment.</summary>
/// <param name="Processes">How many there are.</param>
/// <param name="Cpu">CPU time, with that of children they have waited for.</param>
/// <param name="MemoryBytes">Resident memory; a page that several share is counted with each.</param>
internal readonly record struct TreeUsage(int Processes, TimeSpan Cpu, long MemoryBytes)
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every architecture we run on
    private static readonly bool HasChildLists = File.Exists($"/proc/{Native.GetProcessId()}/task/{Native.GetProcessId()}/children");

    /// <summary>Looks at a tree. What forks or ends meanwhile may be missed or counted twice.</summary>
    /// <param name="ancestor">Its root, which does not count.</param>
    /// <param name="enough">Stops counting past so many processes: a fork bomb makes them faster than they can be looked at.</param>
    public static TreeUsage Of(int ancestor, long enough)
    {
        var (count, ticks, pages) = (0, 0L, 0L);
        var below = Below(ancestor, enough);
        if (below.Count > enough)
        {
            return new TreeUsage(below.Count, TimeSpan.Zero, 0);
        }

        foreach (var processId in below)
        {
            if (ProcessTree.TryReadStat(processId) is { } stat)
            {
                count++;
                ticks += stat.CpuTicks;
                pages += stat.ResidentPages;
            }
        }

        return new TreeUsage(count, TimeSpan.FromSeconds((double)ticks / TicksPerSecond), pages * Environment.SystemPageSize);
    }

    /// <summary>
    /// The memory of the tree with shared pages divided among those who share them: dear to ask for, so only asked when the simple sum is
    /// too much. Processes that do not tell count with their resident memory.
    /// </summary>
    public static long ProportionalMemoryOf(int ancestor)
    {
        var bytes = 0L;
        foreach (var processId in Below(ancestor, long.MaxValue))
        {
            bytes += TryReadProportional(processId) ?? (ProcessTree.TryReadStat(processId)?.ResidentPages ?? 0) * Environment.SystemPageSize;
        }

        return bytes;
    }

    private static List<int> Below(int ancestor, long enough)
    {
        if (!HasChildLists)
        {
            return ProcessTree.DescendantsOf(ancestor);
        }

        // By the kernel's lists of children: the cost is that of the tree, not that of everything on the machine.
        var found = new List<int>();
        AddChildren(ancestor, found);
        for (var i = 0; i < found.Count && found.Count <= enough; i++)
        {
            AddChildren(found[i], found);
        }

        return found;
    }

    private static void AddChildren(int processId, List<int> found)
    {
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/task"))
            {
                foreach (var child in File.ReadAllText(thread + "/children").AsSpan().Trim().ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    found.Add(int.Parse(child, CultureInfo.InvariantCulture));
                }
            }
        }
        catch (IOException)
        {
            // Gone meanwhile.
        }
        catch (UnauthorizedAccessException)
        {
            // Going at this moment.
        }
    }

    private static long? TryReadProportional(int processId)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(4, line.Length - 6), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) << 10;
                }
            }
        }
        catch (IOException)
        {
            // Gone meanwhile.
        }
        catch (UnauthorizedAccessException)
        {
            // It changed its credentials or cannot be dumped.
        }

        return null;
    }
}
