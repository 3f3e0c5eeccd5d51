using System.Globalization;
using System.Text;

namespace JobOrchestrator.Launcher;

/// <summary>
/// What <c>ps</c> shows of this process. The kernel shows the memory in which it once put the arguments, so a copy of a process can say there what it is now.
/// </summary>
internal static unsafe class CommandLine
{
    private const int ArgumentsStart = 45; // index among ProcessTree.Stat.Fields of arg_start, field 48 of /proc/<pid>/stat
    private static byte* _start;
    private static int _length;

    /// <summary>Finds the memory; before anything else, since looking costs more than showing.</summary>
    public static void Find()
    {
        if (ProcessTree.TryReadStat(Native.GetProcessId()) is { } stat
            && ulong.TryParse(stat.Fields[ArgumentsStart], CultureInfo.InvariantCulture, out var start)
            && ulong.TryParse(stat.Fields[ArgumentsStart + 1], CultureInfo.InvariantCulture, out var end))
        {
            _start = (byte*)start;
            _length = (int)(end - start);
        }
    }

    /// <summary>Shows another argument in place of the first; cut off where there is no more room.</summary>
    public static void Show(string argument)
    {
        if (_start is null)
        {
            return;
        }

        var memory = new Span<byte>(_start, _length - 1); // the last byte stays zero
        var rest = memory[(memory.IndexOf((byte)0) + 1)..];
        rest.Clear();
        var bytes = Encoding.UTF8.GetBytes(argument);
        bytes.AsSpan(0, Math.Min(bytes.Length, rest.Length)).CopyTo(rest);
    }
}
