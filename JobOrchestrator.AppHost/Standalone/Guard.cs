using System.Diagnostics;
using System.Runtime.InteropServices;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.AppHost.Standalone;

/// <summary>
/// The outer of two processes. It starts the same program again, which does the work, and does nothing itself but see to the end:
/// when it dies, by SIGKILL too, the inner process reads the end of its standard input and ends everything; when the inner one dies,
/// the outer one inherits all it left behind and kills it. Nothing short of killing both at once leaves a process.
/// </summary>
internal static class Guard
{
    private const string Marker = "JOBORCHESTRATOR_APPHOST_GUARDED";

    public static bool IsGuarded => Environment.GetEnvironmentVariable(Marker) is not null;

    /// <summary>Runs the inner process to its end and returns its exit code.</summary>
    public static int Run()
    {
        Descendants.Adopt();
        using var inner = Start();
        var signals = 0;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref signals) == 1)
            {
                inner.StandardInput.Close(); // "stop", however often the terminal has said so itself
            }
            else
            {
                inner.Kill();
            }
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        EndWithDotnetRun(inner);
        inner.WaitForExit();
        Descendants.KillAll();
        return inner.ExitCode;
    }

    private static Process Start()
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true };
        var arguments = Environment.GetCommandLineArgs().AsEnumerable();
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) != "dotnet")
        {
            arguments = arguments.Skip(1); // under "dotnet X.dll" the first one names the program, else it is the program
        }

        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment[Marker] = "1";
        return Process.Start(info)!;
    }

    /// <summary>"dotnet run" is what the user sees as the host; when it is killed, nobody tells us, so its end is watched.</summary>
    private static void EndWithDotnetRun(Process inner)
    {
        var parent = ProcessTree.TryReadStat(Environment.ProcessId)?.Parent ?? 0;
        if (Environment.GetEnvironmentVariable("DOTNET_LAUNCH_PROFILE") is null || !IsDotnet(parent))
        {
            return;
        }

        var watch = new Thread(() =>
        {
            Descendants.WaitForExitOf(parent);
            inner.StandardInput.Close();
        })
        { IsBackground = true, Name = "dotnet run" };
        watch.Start();
    }

    private static bool IsDotnet(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm").TrimEnd() == "dotnet";
        }
        catch (IOException)
        {
            return false; // gone, or not ours to see
        }
    }
}
