using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Launcher;

/// <summary>
/// A launcher that has started already and makes copies of itself, one per job: a copy costs a fraction of what loading a program and waking
/// up its runtime costs.
/// <para>
/// The client writes orders to its stdin, each a letter, an argument and a NUL. <c>S</c> with a control directory starts a launcher; the answer
/// on stdout is its process id as four bytes, or a negative error number. <c>R</c> with a process id lets go of one that has ended: until then its number
/// stays taken, so that whoever was told it cannot meet a stranger. The end of stdin is the end of the fork server, and of nothing else: the launchers
/// have left its session, and go on.
/// </para>
/// <para>
/// What is forked here is a runtime, and only the thread that forks goes along. That is sound for this program and no other: it is compiled ahead of time, so
/// nothing is compiled later; its collector works on the thread that allocates; and the one other thread, the runtime's own for finalizers, is seen to wait in
/// the kernel before each fork (<see cref="AwaitOtherThreads"/>), which is all that a collection wants to know of it, and has nothing to do, since no launcher leaves it
/// anything. A managed build cannot do this; there the client starts every launcher as a program of its own.
/// </para>
/// </summary>
internal static unsafe class ForkServer
{
    /// <summary>The argument that makes a launcher one. Another follows, which only makes room for what its copies show of themselves.</summary>
    public const string Argument = "--fork-server";

    public const byte StartOrder = (byte)'S';
    public const byte ReleaseOrder = (byte)'R';

    private const int Stdin = 0;
    private const int Stdout = 1;
    private const int NoHang = 1;
    private const uint PauseMicroseconds = 20;
    private const int BufferBytes = 16 * 1024; // four of the longest paths there are

    private static int _collections = -1;

    /// <summary>Whether this program can do it.</summary>
    public static bool IsPossible => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>Serves until stdin ends; returns the exit code.</summary>
    public static int Run()
    {
        if (!IsPossible)
        {
            Console.Error.WriteLine($"{Argument} needs a launcher that was compiled ahead of time.");
            return 2;
        }

        _ = Native.SetSid(); // Ctrl+C at the client's terminal is not for us
        Native.IgnoreSignal(Native.SigTerm);
        CommandLine.Find();
        CommandLine.Show(Argument);
        WarmUp();
        var buffer = (byte*)NativeMemory.Alloc(BufferBytes);
        var filled = 0;
        while (true)
        {
            var read = Native.Read(Stdin, buffer + filled, (nuint)(BufferBytes - filled));
            if (read <= 0)
            {
                if (read < 0 && Marshal.GetLastPInvokeError() == Native.Interrupted)
                {
                    continue;
                }

                return 0;
            }

            filled += (int)read;
            int end;
            while ((end = new ReadOnlySpan<byte>(buffer, filled).IndexOf((byte)0)) >= 0)
            {
                Obey(buffer[0], Encoding.UTF8.GetString(buffer + 1, end - 1));
                filled -= end + 1;
                Buffer.MemoryCopy(buffer + end + 1, buffer, BufferBytes, filled);
            }

            if (filled == BufferBytes)
            {
                return 1; // no order is so long
            }
        }
    }

    private static void Obey(byte order, string argument)
    {
        if (order == StartOrder)
        {
            var answer = Fork(argument);
            _ = Native.Write(Stdout, (byte*)&answer, sizeof(int));
        }
        else if (order == ReleaseOrder && int.TryParse(argument, out var processId))
        {
            _ = Native.Wait4(processId, out _, NoHang, out _);
        }
    }

    private static int Fork(string controlDirectory)
    {
        KillRequest killRequest;
        try
        {
            // Opened before there is a copy: whoever has it open is the launcher, and can be found by that from its first moment on.
            killRequest = new KillRequest(controlDirectory);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return -e.NativeErrorCode;
        }

        AwaitOtherThreads();
        var processId = Native.Fork();
        if (processId == 0)
        {
            CommandLine.Show(controlDirectory);
            Native.Exit(new JobLauncher(controlDirectory, killRequest).Run());
        }

        var error = Marshal.GetLastPInvokeError();
        killRequest.Dispose();
        return processId > 0 ? processId : -error;
    }

    /// <summary>
    /// Returns when no other thread of this process can hold a lock. Every collection wakes the thread for finalizers; a copy made while that one holds a lock of the
    /// runtime would find it held for ever, by a thread it does not have. A thread that sleeps in the kernel after the collection is over has let go of all
    /// of them, and only another collection wakes it.
    /// </summary>
    private static void AwaitOtherThreads()
    {
        while (GC.CollectionCount(0) is var collections && collections != _collections) // looking allocates, too
        {
            _collections = collections;
            foreach (var thread in ProcessTree.ThreadsOfSelf())
            {
                while (thread != Native.GetProcessId() && ProcessTree.TryReadThreadState(thread) is not (null or 'S'))
                {
                    _ = Native.SleepMicroseconds(PauseMicroseconds);
                }
            }
        }
    }

    /// <summary>Goes through what every launcher does, as far as it can be done without one: a copy finds its code and its tables in memory.</summary>
    private static void WarmUp()
    {
        _ = JsonSerializer.Deserialize(
            JsonSerializer.SerializeToUtf8Bytes(
                new LaunchSpec
                {
                    WorkingDirectory = "/",
                    TemporaryDirectory = "/",
                    Readable = ["/"],
                    Limits = new LaunchLimits { CpuMilliseconds = 1 },
                    Environment = new Dictionary<string, string> { ["PATH"] = "/" },
                },
                LauncherJson.Default.LaunchSpec),
            LauncherJson.Default.LaunchSpec);
        _ = JsonSerializer.SerializeToUtf8Bytes(new LaunchResult { StartedAt = TimeProvider.System.GetUtcNow() }, LauncherJson.Default.LaunchResult);
        _ = JsonSerializer.SerializeToUtf8Bytes(
            new LaunchIdentity(1, 1, LaunchIdentity.TryGetStartTicks(Native.GetProcessId()) ?? 0, LaunchIdentity.CurrentBootId()),
            LauncherJson.Default.LaunchIdentity);
        _ = SeccompProgram.Generate(CallRules.For(network: false, privateIpc: true, unixSockets: true), RuntimeInformation.ProcessArchitecture);
        _ = Landlock.Version;
    }
}
