using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobOrchestrator.Launcher;

/// <summary>
/// One job's parent process.
/// <para>
/// Theory of operation. The client starts one launcher per execution and is not needed again: the launcher makes itself a session of its own, so
/// that a Ctrl+C at the client's terminal or the client's death does not reach it, and the <em>subreaper</em> of everything below it, so that
/// processes which leave their parents (setsid, double fork, nohup) become its children and nobody else's. It starts <c>bash run.sh</c>, pumps
/// its two output pipes into files, and waits. SIGTERM to the launcher means "end the job": every descendant gets TERM (and CONT, in case it is
/// stopped), after a grace KILL. The wall-clock limit does the same. When the script itself has ended, for whatever reason, all descendants that
/// are left get KILL and are reaped, again and again until the kernel says that there is no child any more (ECHILD): that is the proof, because
/// no descendant of a subreaper can be anywhere else. Only then is the result written, by an exclusive temporary file, fsync and rename,
/// into the control directory, which the job cannot see; the client reads nothing else. If the launcher itself is killed, no result appears,
/// and the client takes the job for lost and sweeps what it finds.
/// </para>
/// </summary>
internal sealed class JobLauncher(string controlDirectory) : IDisposable
{
    private const int NoHang = 1;
    private const int ReapPauseMilliseconds = 2;

    private readonly ManualResetEventSlim _killRequested = new();
    private readonly ManualResetEventSlim _scriptEnded = new();
    private readonly ManualResetEventSlim _never = new();
    private int _status;
    private double _cpuSeconds;
    private long _maxResidentKilobytes;

    /// <summary>Runs the job to its end; the process's exit code: 0 when a result is written.</summary>
    public int Run()
    {
        using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _killRequested.Set();
        });
        Isolate();
        var startedAt = TimeProvider.System.GetUtcNow();
        LaunchResult result;
        try
        {
            result = RunScript(Read(LaunchSpec.FileName, LauncherJson.Default.LaunchSpec), startedAt);
        }
        catch (Exception e) when (e is Win32Exception or IOException or JsonException or UnauthorizedAccessException)
        {
            result = new LaunchResult { LauncherError = e.Message, StartedAt = startedAt, EndedAt = TimeProvider.System.GetUtcNow() };
        }

        WriteDurably(LaunchResult.FileName, result, LauncherJson.Default.LaunchResult);
        return 0;
    }

    public void Dispose()
    {
        _killRequested.Dispose();
        _scriptEnded.Dispose();
        _never.Dispose();
    }

    private static void Isolate()
    {
        _ = Native.SetSid(); // fails only when it is one already
        Check(Native.PrCtl(Native.PrSetChildSubreaper, 1, 0, 0, 0));
        Check(Native.PrCtl(Native.PrSetNoNewPrivs, 1, 0, 0, 0));
        Check(Native.SetRLimit(Native.RlimitCore, new Native.Limit { Soft = 0, Hard = 0 }));
        Native.CloseDescriptorsOnExec();
        LetGoOfTheClientsOutput();
    }

    /// <summary>Whoever reads the client's output must see its end when the client ends, not when the last job does.</summary>
    private static void LetGoOfTheClientsOutput()
    {
        var nothing = Native.Open("/dev/null", Native.OReadWrite | Native.OCloseOnExec);
        for (var descriptor = 0; descriptor <= 2; descriptor++)
        {
            if (Native.Dup2(nothing, descriptor) < 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
        }
    }

    private LaunchResult RunScript(LaunchSpec spec, DateTimeOffset startedAt)
    {
        RaiseOutOfMemoryScore();
        var (processId, stdout, stderr) = ScriptProcess.Start(spec);
        var pumps = new[]
        {
            new OutputPump(stdout, Path.Combine(controlDirectory, "stdout.log"), spec.MaxOutputBytes),
            new OutputPump(stderr, Path.Combine(controlDirectory, "stderr.log"), spec.MaxOutputBytes),
        };
        WriteIdentity(processId);
        new Thread(() => WaitForScript(processId), 128 * 1024) { IsBackground = true }.Start();

        var (killed, timedOut) = WaitForEnd(spec);
        var swept = Sweep();
        foreach (var pump in pumps)
        {
            pump.Join();
        }

        return new LaunchResult
        {
            ExitCode = (_status & 0x7f) == 0 ? (_status >> 8) & 0xff : null,
            Signal = (_status & 0x7f) == 0 ? null : _status & 0x7f,
            Killed = killed,
            TimedOut = timedOut,
            StartedAt = startedAt,
            EndedAt = TimeProvider.System.GetUtcNow(),
            CpuSeconds = _cpuSeconds,
            MaxResidentBytes = _maxResidentKilobytes << 10,
            SweptProcesses = swept,
        };
    }

    /// <summary>Waits for the script's end and brings it about when asked to, or when time is up.</summary>
    private (bool Killed, bool TimedOut) WaitForEnd(LaunchSpec spec)
    {
        var limit = spec.TimeLimitMilliseconds is { } milliseconds ? (int)Math.Min(milliseconds, int.MaxValue) : Timeout.Infinite;
        var first = WaitHandle.WaitAny([_scriptEnded.WaitHandle, _killRequested.WaitHandle], limit);
        if (first == 0)
        {
            return (false, false);
        }

        foreach (var descendant in ProcessTree.DescendantsOf(Environment.ProcessId))
        {
            _ = Native.Kill(descendant, Native.SigTerm);
            _ = Native.Kill(descendant, Native.SigCont);
        }

        while (!_scriptEnded.Wait(spec.KillGraceMilliseconds))
        {
            KillDescendants();
        }

        return (first == 1, first == WaitHandle.WaitTimeout);
    }

    private void WaitForScript(int processId)
    {
        // Only this thread waits for the script; the sweep starts when it is done.
        Native.Usage usage;
        while (Native.Wait4(processId, out _status, 0, out usage) != processId)
        {
            // Interrupted by a signal.
        }

        Account(usage);
        _scriptEnded.Set();
    }

    /// <summary>Ends and reaps every descendant; returns how many there were when the kernel says that none is left.</summary>
    private int Sweep()
    {
        var swept = 0;
        while (true)
        {
            var reaped = Native.Wait4(-1, out _, NoHang, out var usage);
            if (reaped > 0)
            {
                swept++;
                Account(usage);
            }
            else if (reaped < 0 && Marshal.GetLastPInvokeError() == Native.NoChild)
            {
                return swept;
            }
            else if (reaped == 0)
            {
                KillDescendants();
                _never.Wait(ReapPauseMilliseconds); // killed processes take a moment to die
            }
        }
    }

    private static void KillDescendants()
    {
        foreach (var descendant in ProcessTree.DescendantsOf(Environment.ProcessId))
        {
            _ = Native.Kill(descendant, Native.SigKill);
        }
    }

    private void Account(in Native.Usage usage)
    {
        _cpuSeconds += usage.User.TotalSeconds + usage.System.TotalSeconds;
        _maxResidentKilobytes = Math.Max(_maxResidentKilobytes, usage.MaxResidentKilobytes);
    }

    private void WriteIdentity(int scriptProcessId)
    {
        var self = Environment.ProcessId;
        var identity = new LaunchIdentity(self, scriptProcessId, LaunchIdentity.TryGetStartTicks(self)!.Value, LaunchIdentity.CurrentBootId());
        var path = Path.Combine(controlDirectory, LaunchIdentity.FileName);
        // Not fsynced: after a power cut there is no process to find.
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(identity, LauncherJson.Default.LaunchIdentity));
        File.Move(path + ".new", path);
    }

    /// <summary>When memory runs out, the kernel is to take a job before it takes the client.</summary>
    private static void RaiseOutOfMemoryScore()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "500");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A container may not allow it; the job runs without.
            Trace.TraceWarning(e.Message);
        }
    }

    private T Read<T>(string fileName, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(controlDirectory, fileName)), type)
        ?? throw new JsonException($"{fileName} is empty");

    private void WriteDurably<T>(string fileName, T value, JsonTypeInfo<T> type)
    {
        var path = Path.Combine(controlDirectory, fileName);
        using (var handle = File.OpenHandle(path + ".new", FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(handle, JsonSerializer.SerializeToUtf8Bytes(value, type), 0);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(path + ".new", path);
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
