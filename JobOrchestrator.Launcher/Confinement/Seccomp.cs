using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher.Confinement;

/// <summary>Puts a system call filter in force, or hands it to a program that will.</summary>
internal static unsafe class Seccomp
{
    private const long SeccompX64 = 317;
    private const long SeccompArm64 = 277;
    private const int SetModeFilter = 1;

    /// <summary>Puts the calling thread, and what it starts from now on, under the filter for good. It must have given up new privileges.</summary>
    public static void Apply(BpfInstruction[] program)
    {
        fixed (BpfInstruction* instructions = program)
        {
            var descriptor = new Program { Length = (ushort)program.Length, Instructions = instructions };
            var call = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SeccompArm64 : SeccompX64;
            if (Native.SysCall(call, SetModeFilter, 0, (nint)(&descriptor), 0, 0) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "The system call filter could not be put in force");
            }
        }
    }

    /// <summary>A descriptor from which the program can be read, closed on exec.</summary>
    public static int ToDescriptor(BpfInstruction[] program)
    {
        var descriptor = Native.MemFdCreate("seccomp", 1); // MFD_CLOEXEC
        var bytes = MemoryMarshal.AsBytes<BpfInstruction>(program);
        fixed (byte* data = bytes)
        {
            if (descriptor < 0 || Native.Write(descriptor, data, (nuint)bytes.Length) != bytes.Length || Native.Seek(descriptor, 0, 0) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "The system call filter could not be written down");
            }
        }

        return descriptor;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public BpfInstruction* Instructions;
    }
}
