using System.Runtime.InteropServices;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.AppHost.Standalone;

/// <summary>All processes this one answers for: as a subreaper it inherits whatever its descendants leave behind.</summary>
internal static partial class Descendants
{
    private const int PrSetChildSubreaper = 36;
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private const int NoHang = 1;
    private const long PidFdOpenCall = 434; // the same number on every architecture
    private const short PollIn = 1;

    /// <summary>From now on an orphaned descendant becomes a child of this process, not of init.</summary>
    public static void Adopt() => _ = PrCtl(PrSetChildSubreaper, 1, 0, 0, 0);

    /// <summary>Asks a process to end.</summary>
    public static void Terminate(int processId) => _ = Kill(processId, SigTerm);

    /// <summary>Kills all descendants, those started meanwhile too, and returns when none is left.</summary>
    public static void KillAll()
    {
        while (ProcessTree.DescendantsOf(Environment.ProcessId) is { Count: > 0 } left)
        {
            foreach (var processId in left)
            {
                _ = Kill(processId, SigKill);
            }

            // A killed child becomes a remain at once; waiting for it here also takes it off the process table.
            while (WaitPid(-1, out _, NoHang) > 0)
            {
            }

            Thread.Yield();
        }
    }

    /// <summary>Blocks until a process that is no child of ours has ended.</summary>
    public static void WaitForExitOf(int processId)
    {
        var descriptor = (int)SysCall(PidFdOpenCall, processId, 0);
        if (descriptor < 0)
        {
            return; // gone already
        }

        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true);
        var poll = new PollDescriptor { Descriptor = descriptor, Events = PollIn };
        while (Poll(ref poll, 1, -1) < 0)
        {
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int processId, out int status, int options);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SysCall(long number, int first, uint second);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollDescriptor descriptors, ulong count, int timeout);
}
