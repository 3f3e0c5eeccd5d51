using System.Globalization;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>CPU time of a process, user and system, in seconds, to a hundredth (the kernel's clock tick).</summary>
/// <param name="Own">Of the process itself.</param>
/// <param name="Children">Of its children that ended and were waited for, and of theirs.</param>
internal readonly record struct CpuTime(double Own, double Children)
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every architecture of Linux that .NET knows

    /// <exception cref="IOException">There is no such process.</exception>
    public static CpuTime Of(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        // utime, stime, cutime and cstime are fields 14 to 17; the name in parentheses, field 2, may contain anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new CpuTime(Seconds(11) + Seconds(12), Seconds(13) + Seconds(14));

        double Seconds(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture) / TicksPerSecond;
    }

    /// <summary>Null when there is no such process.</summary>
    public static CpuTime? TryOf(int processId)
    {
        try
        {
            return Of(processId);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static CpuTime operator -(CpuTime later, CpuTime earlier) => new(later.Own - earlier.Own, later.Children - earlier.Children);

    public static CpuTime operator +(CpuTime one, CpuTime other) => new(one.Own + other.Own, one.Children + other.Children);
}
