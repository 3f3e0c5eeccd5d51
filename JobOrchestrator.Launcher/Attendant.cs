using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher;

/// <summary>Sleeps until something happens to the job and sees to it, until nothing of the job is left and all its output is copied.</summary>
internal sealed unsafe class Attendant(LaunchSpec spec, KillRequest killRequest, Warden warden, Watchdog watchdog, OutputPump[] pumps)
{
    private const int BufferBytes = 1 << 16;

    /// <summary>When the script gets KILL, in milliseconds of the machine's uptime; null while it may run.</summary>
    private long? _killAt;

    /// <summary>Whether its end was asked for.</summary>
    public bool Killed { get; private set; }

    /// <summary>The limit that ended it, if one did.</summary>
    public LimitBreach? Breach { get; private set; }

    public void Run()
    {
        var buffer = NativeMemory.Alloc(BufferBytes);
        try
        {
            Attend(new Span<byte>(buffer, BufferBytes));
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    private void Attend(Span<byte> buffer)
    {
        if (killRequest.IsThere)
        {
            Cancel();
        }

        while (!WaitForSomething(buffer))
        {
            if (_killAt is { } at)
            {
                if (Environment.TickCount64 >= at)
                {
                    Native.SignalProcess(warden.ProcessDescriptor, Native.SigKill);
                    _killAt = Environment.TickCount64 + spec.KillGraceMilliseconds + 1;
                }
            }
            else if (watchdog.Look() is { } breach)
            {
                End(breach);
            }
        }

        foreach (var pump in pumps)
        {
            while (pump.Copy(buffer))
            {
                // All writers are gone; what they wrote last is still in the pipe.
            }
        }
    }

    /// <summary>Sleeps, and copies what output there is; true when nothing of the job is left.</summary>
    private bool WaitForSomething(Span<byte> buffer)
    {
        var entries = stackalloc Native.PollEntry[4];
        entries[0] = Reading(warden.Ended);
        entries[1] = Reading(_killAt is null ? killRequest.Descriptor : -1);
        entries[2] = Reading(pumps[0].Pipe);
        entries[3] = Reading(pumps[1].Pipe);
        var patience = _killAt is { } at ? (int)Math.Clamp(at - Environment.TickCount64, 0, int.MaxValue) : watchdog.Due ?? -1;
        if (Native.Poll(entries, 4, patience) > 0)
        {
            foreach (var pump in pumps)
            {
                pump.Copy(buffer);
            }

            if (entries[1].Happened != 0)
            {
                Cancel();
            }

            return entries[0].Happened != 0;
        }

        return false;
    }

    private static Native.PollEntry Reading(int descriptor) => new() { Descriptor = descriptor, Wanted = Native.PollIn };

    private void Cancel()
    {
        Killed = true;
        Terminate();
    }

    private void End(LimitBreach breach)
    {
        Breach = breach;
        if (breach.Kind is LimitKind.Time or LimitKind.Cpu)
        {
            Terminate();
        }
        else
        {
            // It takes more every moment: no grace.
            Native.SignalProcess(warden.ProcessDescriptor, Native.SigKill);
            _killAt = Environment.TickCount64 + spec.KillGraceMilliseconds + 1;
        }
    }

    /// <summary>Asks all that belongs to the job to end; what was stopped goes on, to hear it.</summary>
    private void Terminate()
    {
        foreach (var descendant in ProcessTree.DescendantsOf(Native.GetProcessId()))
        {
            // bwrap would die of it, and take the script with it without any grace.
            if (spec.Tier != LaunchTier.Bubblewrap || descendant != warden.ProcessId)
            {
                _ = Native.Kill(descendant, Native.SigTerm);
                _ = Native.Kill(descendant, Native.SigCont);
            }
        }

        _killAt = Environment.TickCount64 + spec.KillGraceMilliseconds;
    }
}
