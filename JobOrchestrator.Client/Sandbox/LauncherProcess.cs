using System.ComponentModel;
using System.Runtime.InteropServices;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// A launcher's process: started, or found again. By direct system calls, because starting one costs a fraction of what the framework's
/// general way costs, and because a process that is not our child can be waited for too.
/// </summary>
internal sealed unsafe partial class LauncherProcess
{
    private const short SetSignalDefaults = 0x04; // POSIX_SPAWN_SETSIGDEF
    private const short SetSignalMask = 0x08;     // POSIX_SPAWN_SETSIGMASK
    private const int OpaqueBytes = 512;          // more than any libc's spawn structures and signal sets take

    private LauncherProcess(int id, Action<int>? release = null)
    {
        Id = id;
        Exited = ProcessExits.WaitAsync(id, release);
    }

    public int Id { get; }

    /// <summary>Completes when it has ended, however it ended.</summary>
    public Task Exited { get; }

    /// <summary>Ends it where it stands; what it has started is left.</summary>
    public void Kill()
    {
        if (!Exited.IsCompleted)
        {
            _ = Native.Kill(Id, Native.SigKill);
        }
    }

    /// <summary>Starts a program, in a directory, with nothing but <paramref name="environment"/>; signals as a shell would leave them.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="directory">Where it starts.</param>
    /// <param name="environment">Entries of the form <c>NAME=value</c>.</param>
    /// <param name="channels">Descriptors for its stdin and stdout; ours when none are given.</param>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static LauncherProcess Start(
        string program, IReadOnlyList<string> arguments, string directory, IReadOnlyList<string> environment, (int Stdin, int Stdout)? channels = null)
    {
        var actions = stackalloc byte[OpaqueBytes];
        var attributes = stackalloc byte[OpaqueBytes];
        var signals = stackalloc byte[OpaqueBytes];
        ThrowIfError(ActionsInit(actions));
        ThrowIfError(AttributesInit(attributes));
        try
        {
            ThrowIfError(ActionsAddChangeDirectory(actions, directory));
            if (channels is var (stdin, stdout))
            {
                ThrowIfError(ActionsAddDuplicate(actions, stdin, 0));
                ThrowIfError(ActionsAddDuplicate(actions, stdout, 1));
            }

            ThrowIfError(AttributesSetFlags(attributes, SetSignalDefaults | SetSignalMask));
            _ = FillSet(signals);
            ThrowIfError(AttributesSetDefaults(attributes, signals));
            _ = EmptySet(signals);
            ThrowIfError(AttributesSetMask(attributes, signals));
            using var vector = new StringVector([program, .. arguments]);
            using var variables = new StringVector(environment);
            ThrowIfError(Spawn(out var processId, program, actions, attributes, vector.Pointer, variables.Pointer));
            return new LauncherProcess(processId);
        }
        finally
        {
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    /// <summary>One that runs already, a child of ours or not.</summary>
    /// <param name="processId">Its process id.</param>
    /// <param name="release">Told when it has ended, for its parent to reap it.</param>
    public static LauncherProcess Attach(int processId, Action<int>? release = null) => new(processId, release);

    private static void ThrowIfError(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int processId, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ActionsAddChangeDirectory(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int ActionsAddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int AttributesSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int AttributesSetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int AttributesSetMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int FillSet(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int EmptySet(byte* signals);

    /// <summary>A null-terminated array of C strings.</summary>
    private readonly ref struct StringVector
    {
        private readonly int _count;

        public StringVector(IReadOnlyList<string> values)
        {
            _count = values.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
