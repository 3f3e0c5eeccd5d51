using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace JobOrchestrator.Launcher;

/// <summary>Starts <c>bash run.sh</c> with nothing inherited: clean environment, default signals, no descriptors but its three.</summary>
internal sealed unsafe class ScriptProcess
{
    private const string Shell = "/bin/bash";
    private const int FilterDescriptor = 3;

    private readonly string _program;
    private readonly byte** _arguments;
    private readonly byte** _environment;
    private readonly byte* _actions = Allocate(Native.OpaqueBytes);
    private readonly byte* _attributes = Allocate(Native.OpaqueBytes);
    private readonly int _stdoutEnd;
    private readonly int _stderrEnd;

    /// <summary>Prepares everything, so that <see cref="Start"/> is a single call. What is allocated here is never freed: a launcher starts one process in its life.</summary>
    /// <param name="spec">What to start.</param>
    /// <param name="filter">Descriptor of the system call filter for <c>bwrap</c>; negative for none.</param>
    /// <exception cref="Win32Exception">There are no more descriptors, or no memory.</exception>
    public ScriptProcess(LaunchSpec spec, int filter)
    {
        (Stdout, _stdoutEnd) = OutputPipe();
        (Stderr, _stderrEnd) = OutputPipe();
        string[] command = spec.Tier == LaunchTier.Bubblewrap
            ? [.. spec.Bubblewrap, "--seccomp", "3", "--", Shell, "run.sh"]
            : [Shell, "run.sh"];
        _program = command[0];
        _arguments = ToNative(command);
        _environment = ToNative([.. spec.Environment.Select(e => $"{e.Key}={e.Value}")]);

        ThrowIfError(Native.SpawnActionsInit(_actions));
        ThrowIfError(Native.SpawnActionsAddOpen(_actions, 0, "/dev/null", 0, 0));
        ThrowIfError(Native.SpawnActionsAddDup2(_actions, _stdoutEnd, 1));
        ThrowIfError(Native.SpawnActionsAddDup2(_actions, _stderrEnd, 2));
        if (filter >= 0)
        {
            ThrowIfError(Native.SpawnActionsAddDup2(_actions, filter, FilterDescriptor));
        }

        ThrowIfError(Native.SpawnActionsAddChdir(_actions, spec.WorkingDirectory));

        // The runtime ignores SIGPIPE and blocks or handles others; the script must find everything as a shell would leave it.
        var signals = stackalloc byte[Native.OpaqueBytes];
        ThrowIfError(Native.SpawnAttrInit(_attributes));
        // A session of its own: where the kernel shares the processor by session, a script with thousands of processes leaves the launcher its half.
        ThrowIfError(Native.SpawnAttrSetFlags(_attributes, Native.SpawnSetSession | Native.SpawnSetSigDef | Native.SpawnSetSigMask));
        ThrowIfError(Native.SigFillSet(signals));
        ThrowIfError(Native.SpawnAttrSetSigDefault(_attributes, signals));
        ThrowIfError(Native.SigEmptySet(signals));
        ThrowIfError(Native.SpawnAttrSetSigMask(_attributes, signals));
    }

    /// <summary>Reading ends of the script's stdout and stderr; they do not block.</summary>
    public int Stdout { get; }

    /// <inheritdoc cref="Stdout"/>
    public int Stderr { get; }

    /// <summary>Starts the script under whatever restrictions the calling thread has; returns its process id, or the error as a negative number.</summary>
    public int Start()
    {
        var error = Native.PosixSpawn(out var processId, _program, _actions, _attributes, _arguments, _environment);
        // Ours must go, or the pipes would never end.
        _ = Native.Close(_stdoutEnd);
        _ = Native.Close(_stderrEnd);
        return error == 0 ? processId : -error;
    }

    /// <summary>A pipe from the script, whose reading end does not block.</summary>
    private static (int Read, int Write) OutputPipe()
    {
        var pipe = Native.MakePipe();
        return Native.SetNonBlocking(pipe.Read) >= 0 ? pipe : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private static byte** ToNative(string[] values)
    {
        var array = (byte**)Allocate((values.Length + 1) * sizeof(byte*));
        for (var i = 0; i < values.Length; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(values[i]);
            array[i] = Allocate(bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(array[i], bytes.Length));
        }

        return array;
    }

    private static byte* Allocate(int bytes) => (byte*)NativeMemory.AllocZeroed((nuint)bytes);

    private static void ThrowIfError(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }
}
