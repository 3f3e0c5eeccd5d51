using System.Globalization;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Tests.Support;

/// <summary>The processes of this machine, seen from outside.</summary>
internal static partial class Processes
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    /// <summary>Command lines of the live processes whose command line or environment contains <paramref name="marker"/>.</summary>
    public static Dictionary<int, string> WithMarker(string marker)
    {
        var found = new Dictionary<int, string>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId)
            {
                var command = Read($"{directory}/cmdline");
                if (command.Contains(marker, StringComparison.Ordinal) || Read($"{directory}/environ").Contains(marker, StringComparison.Ordinal))
                {
                    found[id] = command.Replace('\0', ' ');
                }
            }
        }

        return found;
    }

    /// <summary>Waits until no process carries <paramref name="marker"/>; the kernel tells nobody else about strangers' ends, so it is asked again and again.</summary>
    public static async Task NoneLeftAsync(string marker, CancellationToken cancellation)
    {
        while (WithMarker(marker) is { Count: > 0 } left)
        {
            if (cancellation.IsCancellationRequested)
            {
                throw new TimeoutException("Still there: " + string.Join("; ", left.Select(p => $"{p.Key} {p.Value}")));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Kills what a test left running on purpose: jobs outlive their client by design.</summary>
    public static async Task KillAllWithMarkerAsync(string marker)
    {
        foreach (var id in WithMarker(marker).Keys)
        {
            _ = Kill(id, SigKill); // it may be gone meanwhile
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await NoneLeftAsync(marker, patience.Token);
    }

    /// <summary>False when there is no such process (any more).</summary>
    public static bool TrySignal(int processId, int signal) => Kill(processId, signal) == 0;

    public static void Signal(int processId, int signal) => Assert.Equal(0, Kill(processId, signal));

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return string.Empty; // gone meanwhile
        }
        catch (UnauthorizedAccessException)
        {
            return string.Empty; // somebody else's
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
