using System.ComponentModel;
using System.Runtime.InteropServices;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Launcher;

/// <summary>
/// The thread inside. Restrictions bind a thread and what it starts, so this thread takes them upon itself, starts the script, and waits for it
/// and for every orphan; the launcher's main thread stays free. When the script has ended it ends and reaps what is left, until the kernel
/// says that there is no child any more: that is the proof, because no descendant of a subreaper can be anywhere else. Where Landlock keeps
/// signals in, being inside has its use: <c>kill(-1)</c> from here is one call that reaches all of this job at once, however fast it forks, and
/// nobody else. Once restricted it calls nothing but the kernel, and allocates nothing.
/// </summary>
internal sealed class Warden : IDisposable
{
    private const int NoHang = 1;
    private const int StackBytes = 128 * 1024;
    private const uint FirstPauseMicroseconds = 250;
    private const uint LongestPauseMicroseconds = 10_000;

    private readonly LaunchSpec _spec;
    private readonly JobCgroups _cgroups;
    private readonly ScriptProcess _script;
    private readonly Landlock? _landlock;
    private readonly BpfInstruction[]? _filter;
    private readonly int _filterDescriptor = -1;
    private readonly int _parent;
    private readonly ManualResetEventSlim _started = new(initialState: false, spinCount: 0);
    private readonly bool _scoped;
    private readonly bool _parentInReach;
    private string? _failure;
    private long _reapedMicroseconds;

    /// <summary>Prepares all that can be prepared outside.</summary>
    public Warden(LaunchSpec spec, JobCgroups cgroups)
    {
        _spec = spec;
        _cgroups = cgroups;
        _parent = Native.GetParentProcessId();
        _parentInReach = Native.Kill(_parent, 0) == 0;
        if (spec.Tier != LaunchTier.Process)
        {
            var version = Landlock.Version;
            _scoped = version >= Landlock.ScopesSince;
            var contained = spec.Tier == LaunchTier.Bubblewrap;
            _filter = SeccompProgram.Generate(
                CallRules.For(spec.Network, privateIpc: contained, unixSockets: contained || _scoped, fixedCores: spec.Cores.Count > 0), RuntimeInformation.ProcessArchitecture);
            if (contained)
            {
                _filterDescriptor = Seccomp.ToDescriptor(_filter);
                _landlock = _scoped ? Landlock.ForScopes(version) : null;
            }
            else
            {
                _landlock = Landlock.ForFiles(version, spec.Network);
                Grant(_landlock, spec);
            }
        }

        _script = new ScriptProcess(spec, _filterDescriptor);
        Ended = Native.EventFd(0, Native.OCloseOnExec);
    }

    /// <summary>Reading ends of the script's pipes.</summary>
    public (int Stdout, int Stderr) Pipes => (_script.Stdout, _script.Stderr);

    /// <summary>Becomes readable when nothing of the job is left.</summary>
    public int Ended { get; }

    /// <summary>The script; in the tier with <c>bwrap</c>, that one.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Stands for the same process.</summary>
    public int ProcessDescriptor { get; private set; } = -1;

    /// <summary>The script's status as of <c>wait</c>.</summary>
    public int Status { get; private set; }

    /// <summary>CPU time of all processes that were waited for.</summary>
    public TimeSpan ReapedCpu => TimeSpan.FromMicroseconds(Interlocked.Read(ref _reapedMicroseconds));

    public long MaxResidentKilobytes { get; private set; }

    /// <summary>Processes that outlived the script.</summary>
    public int Swept { get; private set; }

    /// <summary>Starts the script; returns when it runs.</summary>
    /// <exception cref="Win32Exception">It could not be confined or started.</exception>
    public void Start()
    {
        new Thread(Run, StackBytes) { IsBackground = true }.Start();
        _started.Wait();
        _landlock?.Dispose();
        if (_filterDescriptor >= 0)
        {
            _ = Native.Close(_filterDescriptor);
        }

        if (_failure is not null)
        {
            throw new Win32Exception(ProcessId < 0 ? -ProcessId : 0, _failure);
        }
    }

    public void Dispose()
    {
        _started.Dispose();
        _ = Native.Close(Ended);
        if (ProcessDescriptor >= 0)
        {
            _ = Native.Close(ProcessDescriptor);
        }
    }

    private static void Grant(Landlock landlock, LaunchSpec spec)
    {
        foreach (var path in spec.Readable)
        {
            landlock.GrantReading(path);
        }

        foreach (var path in spec.Writable)
        {
            landlock.GrantWriting(path);
        }
    }

    private void Run()
    {
        try
        {
            Confine();
            ProcessId = _script.Start();
            if (ProcessId < 0)
            {
                _failure = $"Cannot start the script: {Marshal.GetPInvokeErrorMessage(-ProcessId)}";
            }
        }
        catch (Win32Exception e)
        {
            _failure = e.Message;
        }

        if (_failure is null)
        {
            ProcessDescriptor = Native.OpenProcess(ProcessId); // not waited for yet, so it is the right one
        }

        _started.Set();
        if (_failure is null)
        {
            WaitForScript();
            Sweep();
            Native.SignalEvent(Ended);
        }
    }

    private void Confine()
    {
        _cgroups.Join(byThread: true);
        if (_spec.Cores.Count > 0 && Native.SetAffinity(_spec.Cores) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        if (_spec.Tier != LaunchTier.Bubblewrap)
        {
            // bwrap needs what root has, to map root into its namespace; it gives up all of it before it starts the script.
            Capabilities.Drop();
        }

        _landlock?.Restrict();
        if (_spec.Tier == LaunchTier.Landlock)
        {
            Seccomp.Apply(_filter!);
        }
    }

    private void WaitForScript()
    {
        while (true)
        {
            var reaped = Native.Wait4(-1, out var status, 0, out var usage);
            if (reaped > 0)
            {
                Account(usage);
            }

            if (reaped == ProcessId)
            {
                Status = status;
                return;
            }
        }
    }

    private void Sweep()
    {
        var pause = FirstPauseMicroseconds;
        while (true)
        {
            var reaped = Native.Wait4(-1, out _, NoHang, out var usage);
            if (reaped > 0)
            {
                Swept++;
                Account(usage);
            }
            else if (reaped < 0 && Marshal.GetLastPInvokeError() == Native.NoChild)
            {
                return;
            }
            else if (reaped == 0)
            {
                KillAll();
                _ = Native.SleepMicroseconds(pause); // killed processes take a moment to die
                pause = Math.Min(pause * 2, LongestPauseMicroseconds);
            }
        }
    }

    /// <summary>Sends KILL to all that is left of the job.</summary>
    private void KillAll()
    {
        _cgroups.Kill();
        // That signals are kept in was asked of the kernel. Before it is relied upon it is tried: the client was in reach, and is not from in here.
        if (_scoped && _parentInReach && Native.Kill(_parent, 0) != 0 && Marshal.GetLastPInvokeError() == Native.NotPermitted)
        {
            _ = Native.Kill(-1, Native.SigKill);
        }
        else
        {
            ProcessTree.KillDescendantsOf(Native.GetProcessId());
        }
    }

    private void Account(in Native.Usage usage)
    {
        Interlocked.Add(ref _reapedMicroseconds, (long)((usage.User.TotalSeconds + usage.System.TotalSeconds) * 1e6));
        MaxResidentKilobytes = Math.Max(MaxResidentKilobytes, usage.MaxResidentKilobytes);
    }
}
