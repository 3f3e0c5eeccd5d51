using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using JobOrchestrator.Launcher;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>The client's end of a <see cref="ForkServer"/>. Not for several threads at once, but for <see cref="Dispose"/>.</summary>
internal sealed unsafe class ForkServerProcess : IDisposable
{
    /// <summary>Room for the longest path there is.</summary>
    private static readonly string Room = new('-', 4096);

    private readonly SafeFileHandle _orders;
    private readonly SafeFileHandle _answers;
    private readonly LauncherProcess _process;

    private ForkServerProcess(int orders, int answers, LauncherProcess process)
    {
        _orders = new SafeFileHandle(orders, ownsHandle: true);
        _answers = new SafeFileHandle(answers, ownsHandle: true);
        _process = process;
    }

    public int Id => _process.Id;

    /// <summary>Starts one.</summary>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static ForkServerProcess Start(string program, IReadOnlyList<string> environment)
    {
        var (stdin, orders) = Native.MakePipe();
        var (answers, stdout) = Native.MakePipe();
        try
        {
            return new ForkServerProcess(orders, answers, LauncherProcess.Start(program, [ForkServer.Argument, Room], "/", environment, (stdin, stdout)));
        }
        catch (Win32Exception)
        {
            _ = Native.Close(orders);
            _ = Native.Close(answers);
            throw;
        }
        finally
        {
            _ = Native.Close(stdin);
            _ = Native.Close(stdout);
        }
    }

    /// <summary>Starts a launcher.</summary>
    /// <param name="controlDirectory">Its control directory.</param>
    /// <param name="patience">How long to wait for the answer.</param>
    /// <exception cref="Win32Exception">The machine cannot take another process, or the control directory is not usable.</exception>
    /// <exception cref="IOException">The fork server is gone, perhaps after it had started this launcher.</exception>
    public LauncherProcess Fork(string controlDirectory, TimeSpan patience)
    {
        Send(ForkServer.StartOrder, controlDirectory);
        var answers = (int)_answers.DangerousGetHandle(); // not disposed of while this is called
        var entry = new Native.PollEntry { Descriptor = answers, Wanted = Native.PollIn };
        int answer;
        if (Native.Poll(&entry, 1, (int)patience.TotalMilliseconds) != 1 || Native.Read(answers, (byte*)&answer, sizeof(int)) != sizeof(int))
        {
            // It must not come to itself and obey when nobody counts on it any more.
            _process.Kill();
            _process.Exited.Wait();
            throw new IOException("The fork server does not answer.");
        }

        return answer > 0 ? LauncherProcess.Attach(answer, Release) : throw new Win32Exception(-answer);
    }

    /// <summary>Lets it end; its launchers go on.</summary>
    public void Dispose()
    {
        _orders.Dispose();
        _answers.Dispose();
    }

    /// <summary>A launcher has ended: its number may go to others.</summary>
    private void Release(int processId)
    {
        try
        {
            Send(ForkServer.ReleaseOrder, processId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // With the fork server gone, the launcher was init's, which has reaped it.
        }
    }

    /// <summary>In one write, which the kernel does not mix with others': an order is shorter than a page.</summary>
    private void Send(byte order, string argument)
    {
        var message = new byte[Encoding.UTF8.GetByteCount(argument) + 2];
        message[0] = order;
        Encoding.UTF8.GetBytes(argument, message.AsSpan(1));
        var held = false;
        try
        {
            _orders.DangerousAddRef(ref held);
            fixed (byte* bytes = message)
            {
                if (Native.Write((int)_orders.DangerousGetHandle(), bytes, (nuint)message.Length) != message.Length)
                {
                    throw new IOException($"The fork server takes no orders: {Marshal.GetLastPInvokeErrorMessage()}");
                }
            }
        }
        finally
        {
            if (held)
            {
                _orders.DangerousRelease();
            }
        }
    }
}
