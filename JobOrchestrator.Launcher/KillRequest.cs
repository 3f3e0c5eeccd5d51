using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher;

/// <summary>
/// How a job's end is asked for: by a file, for a launcher that does not listen yet, and then by a byte in a FIFO, which wakes one that does. Unlike
/// a signal this reaches the right process whatever happened to its number, and one that is only just starting.
/// </summary>
internal sealed class KillRequest : IDisposable
{
    private readonly string _file;

    public KillRequest(string controlDirectory)
    {
        _file = Path.Combine(controlDirectory, LaunchSpec.KillFileName);
        var pipe = Path.Combine(controlDirectory, LaunchSpec.KillPipeName);
        // For writing too: so the pipe never ends, and is silent for as long as nobody asks.
        Descriptor = Native.Open(pipe, Native.OReadWrite | Native.ONonBlock | Native.OCloseOnExec);
        if (Descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Cannot open '{pipe}'");
        }
    }

    /// <summary>Becomes readable when the end is asked for.</summary>
    public int Descriptor { get; }

    /// <summary>Whether it was asked for before this object existed; who asks later is heard by <see cref="Descriptor"/>.</summary>
    public bool IsThere => File.Exists(_file);

    public void Dispose() => _ = Native.Close(Descriptor);
}
