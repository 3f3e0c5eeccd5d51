using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace JobOrchestrator.Launcher;

/// <summary>Starts <c>bash run.sh</c> with nothing inherited: clean environment, default signals, no descriptors but its three.</summary>
internal static unsafe class ScriptProcess
{
    private const string Shell = "/bin/bash";

    /// <summary>Starts the script.</summary>
    /// <returns>Its process id and the reading ends of its stdout and stderr.</returns>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static (int ProcessId, int Stdout, int Stderr) Start(LaunchSpec spec)
    {
        var stdout = stackalloc int[2];
        var stderr = stackalloc int[2];
        ThrowIfFailed(Native.Pipe2(stdout, Native.OCloseOnExec));
        ThrowIfFailed(Native.Pipe2(stderr, Native.OCloseOnExec));
        var processId = Spawn(spec, stdout[1], stderr[1]);
        // Ours must go, or the pipes would never end.
        _ = Native.Close(stdout[1]);
        _ = Native.Close(stderr[1]);
        return (processId, stdout[0], stderr[0]);
    }

    private static int Spawn(LaunchSpec spec, int stdout, int stderr)
    {
        var actions = stackalloc byte[Native.OpaqueBytes];
        ThrowIfError(Native.SpawnActionsInit(actions));
        ThrowIfError(Native.SpawnActionsAddOpen(actions, 0, "/dev/null", 0, 0));
        ThrowIfError(Native.SpawnActionsAddDup2(actions, stdout, 1));
        ThrowIfError(Native.SpawnActionsAddDup2(actions, stderr, 2));
        ThrowIfError(Native.SpawnActionsAddChdir(actions, spec.WorkingDirectory));

        // The runtime ignores SIGPIPE and blocks or handles others; the script must find everything as a shell would leave it.
        var signals = stackalloc byte[Native.OpaqueBytes];
        var attributes = stackalloc byte[Native.OpaqueBytes];
        ThrowIfError(Native.SpawnAttrInit(attributes));
        ThrowIfError(Native.SpawnAttrSetFlags(attributes, Native.SpawnSetPgroup | Native.SpawnSetSigDef | Native.SpawnSetSigMask));
        ThrowIfError(Native.SigFillSet(signals));
        ThrowIfError(Native.SpawnAttrSetSigDefault(attributes, signals));
        ThrowIfError(Native.SigEmptySet(signals));
        ThrowIfError(Native.SpawnAttrSetSigMask(attributes, signals));

        var arguments = ToNative([Shell, "run.sh"]);
        var environment = ToNative([.. spec.Environment.Select(e => $"{e.Key}={e.Value}")]);
        ThrowIfError(Native.PosixSpawn(out var processId, Shell, actions, attributes, arguments, environment));
        return processId;
    }

    /// <summary>A null-terminated array of C strings; never freed, for the launcher starts one process in its life.</summary>
    private static byte** ToNative(string[] values)
    {
        var array = (byte**)NativeMemory.AllocZeroed((nuint)(values.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < values.Length; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(values[i]);
            array[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(array[i], bytes.Length));
        }

        return array;
    }

    private static void ThrowIfFailed(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private static void ThrowIfError(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }
}
