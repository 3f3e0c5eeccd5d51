using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// Tells when processes end. One thread waits for all of them, in the kernel: a descriptor that stands for a process (<c>pidfd</c>) becomes
/// readable when it ends, and costs nothing until then.
/// </summary>
internal static unsafe partial class ProcessExits
{
    private const int PidFdOpen = 434;         // the same on x86-64 and arm64
    private const int EpollAdd = 1;
    private const int EpollDelete = 2;
    private const int Readable = 1;            // EPOLLIN
    private const int CloseOnExec = 0x80000;   // EPOLL_CLOEXEC
    private const int NoHang = 1;              // WNOHANG
    private const int NoSuchProcess = 3;       // ESRCH
    private const int Interrupted = 4;         // EINTR
    private const int NoChild = 10;            // ECHILD
    private const int PauseMilliseconds = 50;
    private const int EventsAtOnce = 64;

    /// <summary>The kernel's <c>struct epoll_event</c> is packed on x86-64 only.</summary>
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly ConcurrentDictionary<int, (int ProcessId, Action<int>? Release, TaskCompletionSource Exited)> Awaited = new();
    private static readonly Lazy<int> Poll = new(Start);

    /// <summary>Completes when the process has ended; at once when there is none. A child of ours is reaped by it.</summary>
    /// <param name="processId">Of the process.</param>
    /// <param name="release">Told when somebody else's child has ended, for its parent to reap it; may be called on any thread, and must not block.</param>
    public static Task WaitAsync(int processId, Action<int>? release = null)
    {
        var descriptor = (int)SystemCall(PidFdOpen, processId, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == NoSuchProcess ? Task.CompletedTask : WaitOnThreadAsync(processId, release);
        }

        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Awaited[descriptor] = (processId, release, exited);
        var entry = stackalloc byte[16];
        *(int*)entry = Readable;
        *(int*)(entry + EventBytes - sizeof(long)) = descriptor;
        if (EpollControl(Poll.Value, EpollAdd, descriptor, entry) != 0)
        {
            Awaited.TryRemove(descriptor, out _);
            _ = Close(descriptor);
            return WaitOnThreadAsync(processId, release);
        }

        return exited.Task;
    }

    /// <summary>
    /// The way of kernels without such descriptors (before Linux 5.3), and of moments in which no descriptor is left: what runs already must be
    /// watched all the same.
    /// </summary>
    internal static Task WaitOnThreadAsync(int processId, Action<int>? release = null)
    {
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            int reaped;
            while ((reaped = WaitPid(processId, null, 0)) != processId)
            {
                if (reaped < 0 && Marshal.GetLastPInvokeError() == NoChild)
                {
                    if (ProcessTree.TryReadStat(processId) is null or { HasEnded: true })
                    {
                        break;
                    }

                    _ = PollNothing(null, 0, PauseMilliseconds);
                }
            }

            release?.Invoke(processId);
            exited.TrySetResult();
        }, 128 * 1024)
        { IsBackground = true, Name = "process exit" }.Start();
        return exited.Task;
    }

    private static int Start()
    {
        var poll = EpollCreate(CloseOnExec);
        if (poll < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        new Thread(() => Run(poll), 128 * 1024) { IsBackground = true, Name = "process exits" }.Start();
        return poll;
    }

    private static void Run(int poll)
    {
        var events = stackalloc byte[16 * EventsAtOnce];
        while (true)
        {
            var count = EpollWait(poll, events, EventsAtOnce, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            for (var i = 0; i < count; i++)
            {
                Ended(*(int*)(events + (i * EventBytes) + EventBytes - sizeof(long)));
            }
        }
    }

    private static void Ended(int descriptor)
    {
        // First the entry, then the descriptor: its number may be given out again the moment it is closed.
        if (Awaited.TryRemove(descriptor, out var awaited))
        {
            // Closing alone does not end the watch while a process that is just being started still has a copy: the old end would be reported again, as that of
            // whoever got the number since.
            _ = EpollControl(Poll.Value, EpollDelete, descriptor, null);
            _ = Close(descriptor);
            _ = WaitPid(awaited.ProcessId, null, NoHang); // not our child: nothing to reap
            awaited.Release?.Invoke(awaited.ProcessId);
            awaited.Exited.TrySetResult();
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int poll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(int poll, byte* events, int count, int timeout);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int processId, int* status, int options);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollNothing(void* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
