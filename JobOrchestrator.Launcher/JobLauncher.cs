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
/// processes which leave their parents (setsid, double fork, nohup) become its children and nobody else's. It has two threads. The
/// <see cref="Warden"/> takes the sandbox upon itself, starts the script in it, waits, and when the script has ended, for whatever reason, ends
/// and reaps all that is left until the kernel says that there is no child any more. The main thread stays outside and, as the <see cref="Attendant"/>, sleeps in <c>poll</c> until
/// something happens: output to copy to files, the job's end asked for (<see cref="KillRequest"/>), a limit to look after
/// (<see cref="Watchdog"/>), or the warden being done; an idle job costs no wake-up. A request, and a limit of time, give every descendant TERM (and
/// CONT, in case it is stopped), and after a grace the script KILL; a limit of memory, processes or disk gives no grace. Only when nothing is left
/// is the result written, by an exclusive temporary file, fsync and rename, into the control directory, which the job cannot reach; the
/// client reads nothing else. If the launcher itself is killed, no result appears, and the client takes the job for lost and sweeps what it finds.
/// </para>
/// </summary>
internal sealed class JobLauncher(string controlDirectory, KillRequest? inherited = null)
{
    private const long TasksPerProcess = 8;
    private const long MoreTasks = 4096;

    /// <summary>Runs the job to its end; the process's exit code: 0 when a result is written.</summary>
    public int Run()
    {
        var startedAt = TimeProvider.System.GetUtcNow();
        LaunchResult result;
        try
        {
            Isolate();
            var spec = Read(LaunchSpec.FileName, LauncherJson.Default.LaunchSpec);
            using var killRequest = inherited ?? new KillRequest(controlDirectory);
            result = RunScript(spec, killRequest, startedAt);
        }
        catch (Exception e) when (e is Win32Exception or IOException or JsonException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            result = new LaunchResult { LauncherError = e.Message, StartedAt = startedAt, EndedAt = TimeProvider.System.GetUtcNow() };
        }

        WriteDurably(LaunchResult.FileName, result, LauncherJson.Default.LaunchResult);
        return 0;
    }

    private static void Isolate()
    {
        _ = Native.SetSid(); // fails only when it is one already
        Native.IgnoreSignal(Native.SigTerm); // whoever ends a whole service or machine ends the job's processes too; their end is still to be told
        Check(Native.PrCtl(Native.PrSetChildSubreaper, 1, 0, 0, 0));
        Check(Native.PrCtl(Native.PrSetNoNewPrivs, 1, 0, 0, 0)); // before there are more threads
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

    /// <summary>Limits the kernel enforces. They bind the launcher too, which needs little, so that there is no moment without them.</summary>
    private static void SetResourceLimits(LaunchLimits limits)
    {
        Native.IgnoreSignal(Native.SigFileSize); // output past the limit is cut off, and no reason to die
        Set(Native.RlimitCore, 0);
        Set(Native.RlimitFileSize, limits.FileBytes);
        Set(Native.RlimitOpenFiles, limits.OpenFiles);
        // Counted over all that this user runs, and not at all for root: only against the worst, until the watchdog has noticed.
        Set(Native.RlimitProcesses, limits.Processes is { } processes ? MoreTasks + (processes * TasksPerProcess) : null);

        static void Set(int resource, long? value)
        {
            if (value is { } limit)
            {
                _ = Native.GetRLimit(resource, out var now); // what the client itself may not exceed, its jobs may not either
                var lower = Math.Min((ulong)limit, now.Hard);
                Check(Native.SetRLimit(resource, new Native.Limit { Soft = lower, Hard = lower }));
            }
        }
    }

    private LaunchResult RunScript(LaunchSpec spec, KillRequest killRequest, DateTimeOffset startedAt)
    {
        RaiseOutOfMemoryScore();
        using var cgroups = new JobCgroups(spec.Cgroups);
        cgroups.Join(byThread: false);
        using var warden = new Warden(spec, cgroups);
        using var stdout = new OutputPump(warden.Pipes.Stdout, Path.Combine(controlDirectory, "stdout.log"), spec.Limits.OutputBytes);
        using var stderr = new OutputPump(warden.Pipes.Stderr, Path.Combine(controlDirectory, "stderr.log"), spec.Limits.OutputBytes);
        SetResourceLimits(spec.Limits);
        var watchdog = new Watchdog(spec.Limits, [spec.WorkingDirectory, spec.TemporaryDirectory], () => warden.ReapedCpu, cgroups);
        warden.Start();
        cgroups.Leave();
        WriteIdentity(warden.ProcessId);
        var attendant = new Attendant(spec, killRequest, warden, watchdog, [stdout, stderr]);
        attendant.Run();
        var status = warden.Status;
        return new LaunchResult
        {
            ExitCode = (status & 0x7f) == 0 ? (status >> 8) & 0xff : null,
            Signal = (status & 0x7f) == 0 ? null : status & 0x7f,
            Killed = attendant.Killed,
            Breach = attendant.Breach ?? watchdog.LookBack(),
            StartedAt = startedAt,
            EndedAt = TimeProvider.System.GetUtcNow(),
            CpuSeconds = warden.ReapedCpu.TotalSeconds,
            MaxResidentBytes = warden.MaxResidentKilobytes << 10,
            SweptProcesses = warden.Swept,
        };
    }

    private void WriteIdentity(int scriptProcessId)
    {
        var self = Native.GetProcessId();
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
