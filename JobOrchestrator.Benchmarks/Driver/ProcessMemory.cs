using System.Globalization;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Resident memory of a process, as the kernel counts it.</summary>
internal static class ProcessMemory
{
    /// <summary>Now, in bytes.</summary>
    public static long Resident(int processId) => Bytes(processId, "VmRSS:");

    /// <summary>The most since the process began, or since <see cref="ResetPeak"/>, in bytes.</summary>
    public static long Peak(int processId) => Bytes(processId, "VmHWM:");

    /// <summary>Lets the peak begin again from what is resident now.</summary>
    public static void ResetPeak(int processId) => File.WriteAllText($"/proc/{processId}/clear_refs", "5");

    private static long Bytes(int processId, string field)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(field.Length).Trim().TrimEnd("kB "), CultureInfo.InvariantCulture);
    }
}
