using System.Globalization;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Executions;

/// <summary>Says which limit ended a script, and what was measured.</summary>
internal static class LimitMessage
{
    /// <summary>SIGXFSZ, which a process gets that writes past the largest file allowed.</summary>
    public const int FileSizeSignal = 25;

    /// <summary>The exit code of a shell whose command got <see cref="FileSizeSignal"/>.</summary>
    public const int FileSizeExit = 128 + FileSizeSignal;

    public static string Describe(LimitBreach breach) => breach.Kind switch
    {
        LimitKind.Time => $"It ran longer than its limit of {Seconds(breach.Limit)} s ({Seconds(breach.Measured)} s when it was ended).",
        LimitKind.Cpu => $"It used more CPU time than its limit of {Seconds(breach.Limit)} s ({Seconds(breach.Measured)} s when that was measured).",
        LimitKind.Memory => $"It used more memory than its limit of {Bytes(breach.Limit)} ({Bytes(breach.Measured)} when that was measured).",
        LimitKind.Processes => $"It had more processes than its limit of {Count(breach.Limit)} ({Count(breach.Measured)} when they were counted).",
        LimitKind.DiskBytes => $"Its files took more space than its limit of {Bytes(breach.Limit)} ({Bytes(breach.Measured)} when that was measured).",
        LimitKind.DiskEntries => $"It had more files and directories than its limit of {Count(breach.Limit)} ({Count(breach.Measured)} when they were counted).",
        _ => $"It exceeded a limit: {breach}.",
    };

    public static string DescribeFileSize(long limit) => $"It wrote a file longer than its limit of {Bytes(limit)}.";

    private static string Seconds(long milliseconds) => (milliseconds / 1000.0).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes < 1 << 20
        ? bytes.ToString(CultureInfo.InvariantCulture) + " bytes"
        : (bytes / (double)(1 << 20)).ToString("0.#", CultureInfo.InvariantCulture) + " MiB";
}
