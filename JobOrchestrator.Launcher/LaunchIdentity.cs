using System.Globalization;

namespace JobOrchestrator.Launcher;

/// <summary>
/// Which process a launcher is, beyond doubt: a process id alone may belong to somebody else by the time a restarted client looks.
/// <c>identity.json</c> in the control directory.
/// </summary>
/// <param name="ProcessId">The launcher's.</param>
/// <param name="ScriptProcessId">That of <c>bash run.sh</c>.</param>
/// <param name="StartTicks">Start time of the launcher in clock ticks since boot (field 22 of <c>/proc/&lt;pid&gt;/stat</c>).</param>
/// <param name="BootId">Changes with every boot of the machine.</param>
public sealed record LaunchIdentity(int ProcessId, int ScriptProcessId, long StartTicks, string BootId)
{
    public const string FileName = "identity.json";

    private static readonly Lazy<string> BootIdOnce = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>Whether exactly this process still runs.</summary>
    public bool IsAlive() => BootId == CurrentBootId() && TryGetStartTicks(ProcessId) == StartTicks;

    public static string CurrentBootId() => BootIdOnce.Value;

    /// <summary>Null when there is no such process, or only its unreaped remains.</summary>
    public static long? TryGetStartTicks(int processId)
    {
        if (ProcessTree.TryReadStat(processId) is not { } stat || stat.HasEnded)
        {
            return null;
        }

        return long.Parse(stat.Fields[19], CultureInfo.InvariantCulture);
    }
}
