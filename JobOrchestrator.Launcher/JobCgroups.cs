using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace JobOrchestrator.Launcher;

/// <summary>
/// The job's control groups, where there are any: made before it starts, gone when it has ended. They only add to what is done without them: a group that cannot be
/// made is left out. Where only processes can join, the launcher is in the group while it starts the script, and leaves it for a neighbour then, so that all that
/// is in the group may be killed.
/// </summary>
internal sealed class JobCgroups : IDisposable
{
    private const int Attempts = 50;
    private const uint PauseMicroseconds = 500;
    private const string OutOfMemoryKills = "oom_kill ";

    private readonly List<LaunchCgroup> _groups = [];
    private int _killer = -1;
    private bool _joined;
    private volatile bool _alone;

    public JobCgroups(IReadOnlyList<LaunchCgroup> groups)
    {
        foreach (var group in groups)
        {
            if (TryCreate(group))
            {
                _groups.Add(group);
            }
        }
    }

    /// <summary>Takes the calling thread in, or its process, and with it all that it starts from now on.</summary>
    /// <param name="byThread">Which kind of group to join.</param>
    public void Join(bool byThread)
    {
        foreach (var group in _groups.Where(g => g.ByThread == byThread))
        {
            TryWrite(Path.Combine(group.Directory, group.JoinFile), "0");
            if (!byThread)
            {
                _joined = true;
                _killer = group.KillFile is { } file ? Native.Open(Path.Combine(group.Directory, file), Native.OWriteOnly | Native.OCloseOnExec) : -1;
            }
        }
    }

    /// <summary>Takes the launcher out of the groups it joined as a process; what it has started stays in.</summary>
    public void Leave()
    {
        if (_joined)
        {
            _joined = false;
            _alone = _groups.Where(g => !g.ByThread)
                .All(g => TryWrite(Path.Combine(Path.GetDirectoryName(g.Directory)!, "launchers", g.JoinFile), "0"));
        }
    }

    /// <summary>
    /// Kills all of the job at once, where the kernel offers it and the launcher itself is out of the way. From any thread, however restricted: it only writes to what
    /// is open, and allocates nothing.
    /// </summary>
    public unsafe void Kill()
    {
        if (_alone && _killer >= 0)
        {
            var one = (byte)'1';
            _ = Native.Write(_killer, &one, 1);
        }
    }

    /// <summary>The most memory used, in bytes, when the kernel had to kill for it; null when it had not.</summary>
    public long? MemoryExceededAt()
    {
        foreach (var group in _groups)
        {
            if (group.MemoryEvents is { } events && Read(group, events) is { } text)
            {
                var kills = text.Split('\n').FirstOrDefault(l => l.StartsWith(OutOfMemoryKills, StringComparison.Ordinal))?[OutOfMemoryKills.Length..];
                if (kills is not null and not "0")
                {
                    return group.MemoryPeak is { } peak && long.TryParse(Read(group, peak), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
                }
            }
        }

        return null;
    }

    /// <summary>Removes the groups; all of the job must be gone, and the launcher leaves them for their parents.</summary>
    public void Dispose()
    {
        Leave(); // if the script was never started
        if (_killer >= 0)
        {
            _ = Native.Close(_killer);
        }

        foreach (var group in _groups)
        {
            // The warden's thread may be a moment from its end; what stays is empty, and the client removes it when it starts.
            for (var attempt = 0; attempt < Attempts && !TryRemove(group.Directory); attempt++)
            {
                _ = Native.SleepMicroseconds(PauseMicroseconds);
            }
        }
    }

    private static bool TryRemove(string directory)
    {
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryCreate(LaunchCgroup group)
    {
        try
        {
            Directory.CreateDirectory(group.Directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        foreach (var (file, value) in group.Settings)
        {
            TryWrite(Path.Combine(group.Directory, file), value);
        }

        return true;
    }

    private static string? Read(LaunchCgroup group, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(group.Directory, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool TryWrite(string path, string value)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(value), 0);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trace.TraceWarning(e.Message); // not every kernel has every file
            return false;
        }
    }
}
