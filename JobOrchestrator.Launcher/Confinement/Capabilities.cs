using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher.Confinement;

/// <summary>A job has no capabilities, even where the client runs as root.</summary>
internal static unsafe class Capabilities
{
    private const long CapSetX64 = 126;
    private const long CapSetArm64 = 91;
    private const uint Version3 = 0x20080522;

    /// <summary>
    /// Gives up all capabilities of the calling thread, and of what it starts from now on: it cannot gain new privileges, so that not even
    /// root regains them by executing a program.
    /// </summary>
    public static void Drop()
    {
        var header = stackalloc uint[2] { Version3, 0 };
        var none = stackalloc uint[6];
        new Span<uint>(none, 6).Clear();
        var call = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? CapSetArm64 : CapSetX64;
        if (Native.SysCall(call, (nint)header, (nint)none, 0, 0, 0) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "Capabilities could not be given up");
        }
    }
}
