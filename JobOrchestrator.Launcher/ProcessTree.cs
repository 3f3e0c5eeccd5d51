using System.Globalization;

namespace JobOrchestrator.Launcher;

/// <summary>Who descends from whom, by <c>/proc</c>.</summary>
public static class ProcessTree
{
    private const string OwnThreads = "/proc/self/task";

    /// <summary>State letter and the fields of <c>/proc/&lt;pid&gt;/stat</c> from the state on (index 1: parent, 3: session, 11-14: CPU time, 19: start time, 21: memory).</summary>
    public readonly record struct Stat(int ProcessId, char State, string[] Fields)
    {
        /// <summary>Whether only its remains are left, for its parent to reap.</summary>
        public bool HasEnded => State is 'Z' or 'X';

        public int Parent => int.Parse(Fields[1], CultureInfo.InvariantCulture);

        public int Session => int.Parse(Fields[3], CultureInfo.InvariantCulture);

        /// <summary>User and system time, and that of children it has waited for.</summary>
        internal long CpuTicks => Number(11) + Number(12) + Number(13) + Number(14);

        internal long ResidentPages => Number(21);

        private long Number(int field) => long.Parse(Fields[field], CultureInfo.InvariantCulture);
    }

    /// <summary>Null when the process is gone.</summary>
    public static Stat? TryReadStat(int processId) => TryReadStat(processId, $"/proc/{processId.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Every process there is.</summary>
    public static IEnumerable<Stat> All() => Numbers("/proc").Select(TryReadStat).OfType<Stat>();

    /// <summary>Numbers of this process's threads.</summary>
    internal static IEnumerable<int> ThreadsOfSelf() => Numbers(OwnThreads);

    /// <summary>State letter of one of this process's threads; null when it is gone.</summary>
    internal static char? TryReadThreadState(int thread) =>
        TryReadStat(thread, $"{OwnThreads}/{thread.ToString(CultureInfo.InvariantCulture)}")?.State is { } state and not ('X' or 'Z') ? state : null;

    /// <summary>
    /// Kills all descendants there are. They are stopped first, pass after pass until a pass finds no new one: who is stopped does not fork.
    /// </summary>
    internal static void KillDescendantsOf(int ancestor)
    {
        var seen = new HashSet<int>();
        int before;
        do
        {
            before = seen.Count;
            foreach (var descendant in DescendantsOf(ancestor))
            {
                if (seen.Add(descendant))
                {
                    _ = Native.Kill(descendant, Native.SigStop);
                }
            }
        }
        while (seen.Count > before);

        foreach (var descendant in seen)
        {
            _ = Native.Kill(descendant, Native.SigKill);
        }
    }

    /// <summary>All descendants of a process that are not mere remains.</summary>
    public static List<int> DescendantsOf(int ancestor)
    {
        var children = All().Where(s => !s.HasEnded).ToLookup(s => s.Parent, s => s.ProcessId);
        var found = new List<int>();
        var pending = new Queue<int>([ancestor]);
        while (pending.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                found.Add(child);
                pending.Enqueue(child);
            }
        }

        return found;
    }

    private static Stat? TryReadStat(int number, string directory)
    {
        try
        {
            var text = File.ReadAllText(directory + "/stat");
            // The name in parentheses may contain anything, parentheses and spaces too.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Stat(number, fields[0][0], fields);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<int> Numbers(string directory)
    {
        foreach (var path in Directory.EnumerateDirectories(directory))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return number;
            }
        }
    }
}
