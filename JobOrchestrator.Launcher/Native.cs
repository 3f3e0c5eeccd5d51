using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher;

/// <summary>The system calls the launcher needs and .NET does not offer. Linux with glibc, x86-64 and arm64.</summary>
internal static unsafe partial class Native
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int SigCont = 18;
    public const int SigStop = 19;
    public const int SigFileSize = 25;

    public const int NoChild = 10; // ECHILD
    public const int TryAgain = 11; // EAGAIN
    public const int Interrupted = 4; // EINTR
    public const int NotPermitted = 1; // EPERM
    public const int AccessDenied = 13; // EACCES
    public const int NameTooLong = 36; // ENAMETOOLONG

    public const int PrSetNoNewPrivs = 38;
    public const int PrSetChildSubreaper = 36;
    public const int PrSetSeccomp = 22;
    public const int SeccompModeFilter = 2;

    public const int RlimitFileSize = 1;
    public const int RlimitCore = 4;
    public const int RlimitProcesses = 6;
    public const int RlimitOpenFiles = 7;

    public const short SpawnSetSigDef = 0x04;
    public const short SpawnSetSigMask = 0x08;
    public const short SpawnSetSession = 0x80;

    public const int OWriteOnly = 1;
    public const int OReadWrite = 2;
    public const int OCreate = 0x40;
    public const int OTruncate = 0x200;
    public const int ONonBlock = 0x800;
    public const int OCloseOnExec = 0x80000;
    public const int OPathOnly = 0x200000;

    public const short PollIn = 1;

    private const long CloseRangeCall = 436; // these have the same number on every architecture
    private const long PidFdSendSignalCall = 424;
    private const long PidFdOpenCall = 434;
    private const uint CloseRangeCloseOnExec = 4;

    /// <summary>Size of glibc's <c>posix_spawnattr_t</c>, <c>posix_spawn_file_actions_t</c> and <c>sigset_t</c>, rounded up.</summary>
    public const int OpaqueBytes = 512;

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeVal
    {
        public long Seconds;
        public long Microseconds;

        public readonly double TotalSeconds => Seconds + (Microseconds / 1e6);
    }

    /// <summary><c>struct rusage</c>; only what is used has a name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Usage
    {
        public TimeVal User;
        public TimeVal System;
        public long MaxResidentKilobytes;
        public fixed long Rest[13];
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }

    /// <summary>A descriptor that stands for a process, whatever becomes of its number; negative when there is none.</summary>
    public static int OpenProcess(int processId) => (int)SysCall(PidFdOpenCall, processId, 0, 0, 0, 0);

    public static void SignalProcess(int descriptor, int signal) => SysCall(PidFdSendSignalCall, descriptor, signal, 0, 0, 0);

    /// <summary>Marks every descriptor above 2 close-on-exec: the script inherits none, the runtime keeps its own.</summary>
    public static void CloseDescriptorsOnExec() => SysCall(CloseRangeCall, 3, unchecked((nint)uint.MaxValue), (nint)CloseRangeCloseOnExec, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial long SysCall(long number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int PrCtl(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetRLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetRLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe2(int* descriptors, int flags);

    /// <summary>A pipe that no other program inherits.</summary>
    /// <exception cref="Win32Exception">There are no more descriptors.</exception>
    public static (int Read, int Write) MakePipe()
    {
        var ends = stackalloc int[2];
        return Pipe2(ends, OCloseOnExec) == 0 ? (ends[0], ends[1]) : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nuint count);

    /// <summary>Makes reading fail instead of wait.</summary>
    public static int SetNonBlocking(int descriptor) => FileControl(descriptor, 4, ONonBlock); // F_SETFL

    /// <summary>Makes an event descriptor readable.</summary>
    public static void SignalEvent(int descriptor)
    {
        var one = 1UL;
        _ = Write(descriptor, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Keeps the calling thread, and what it starts, to some processor cores.</summary>
    public static int SetAffinity(IReadOnlyList<int> cores)
    {
        var mask = new ulong[(cores.Max() / 64) + 1];
        foreach (var core in cores)
        {
            mask[core / 64] |= 1UL << (core % 64);
        }

        fixed (ulong* bits = mask)
        {
            return SetAffinity(0, (nuint)mask.Length * sizeof(ulong), bits);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int descriptor, int command, nint argument);

    /// <summary>Unlike the framework's, right in a copy of a process too.</summary>
    [LibraryImport("libc", EntryPoint = "getpid")]
    public static partial int GetProcessId();

    /// <summary>Makes a copy of this process with this thread alone; 0 in the copy, its process id in the original.</summary>
    [LibraryImport("libc", EntryPoint = "fork", SetLastError = true)]
    public static partial int Fork();

    /// <summary>Ends this process at once.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int GetParentProcessId();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int StatX(int directory, byte* name, int flags, uint mask, ulong* status);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeMode(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "usleep")]
    public static partial int SleepMicroseconds(uint microseconds);

    /// <summary>Lets a signal pass without effect.</summary>
    public static void IgnoreSignal(int signal) => SetSignal(signal, 1);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Dup2(int from, int to);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    public static partial int Wait4(int processId, out int status, int options, out Usage usage);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int PosixSpawn(out int processId, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int SpawnAttrInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SpawnAttrSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SpawnAttrSetSigDefault(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SpawnAttrSetSigMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int SpawnActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SpawnActionsAddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int SpawnActionsAddDup2(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SpawnActionsAddChdir(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int SigFillSet(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int SigEmptySet(byte* signals);
}
