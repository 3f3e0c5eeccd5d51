using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher;

/// <summary>
/// Copies one of the script's output pipes to a file, as it comes. Past the limit it goes on reading and drops what it reads: a script is
/// neither stopped nor killed for being talkative.
/// </summary>
internal sealed unsafe class OutputPump : IDisposable
{
    private readonly int _file;
    private readonly long _limit;
    private long _written;
    private bool _full;

    public OutputPump(int pipe, string path, long maxBytes)
    {
        Pipe = pipe;
        _limit = maxBytes;
        _file = Native.Open(path, Native.OWriteOnly | Native.OCreate | Native.OTruncate | Native.OCloseOnExec, 0b110_100_000);
        if (_file < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Cannot create '{path}'");
        }
    }

    /// <summary>The reading end, which does not block; negative once the pipe has ended, which it does when its last writer is gone.</summary>
    public int Pipe { get; private set; }

    /// <summary>Copies what there is, at most one buffer full; false when that was nothing.</summary>
    public bool Copy(Span<byte> buffer)
    {
        if (Pipe < 0)
        {
            return false;
        }

        nint read;
        fixed (byte* start = buffer)
        {
            read = Native.Read(Pipe, start, (nuint)buffer.Length);
        }

        if (read > 0)
        {
            Keep(buffer[..(int)read]);
        }
        else if (read == 0 || Marshal.GetLastPInvokeError() is not (Native.TryAgain or Native.Interrupted))
        {
            _ = Native.Close(Pipe);
            Pipe = -1;
        }

        return read > 0;
    }

    public void Dispose()
    {
        if (Pipe >= 0)
        {
            _ = Native.Close(Pipe);
        }

        _ = Native.Close(_file);
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (_full)
        {
            return;
        }

        var take = (int)Math.Min(data.Length, _limit - _written);
        var kept = Write(data[..take]);
        _full = take < data.Length || !kept;
        _written += take;
        if (_full)
        {
            // Does not fit either when the disk is full.
            Write("\n[output cut off here: its limit is reached]\n"u8);
        }
    }

    private bool Write(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            fixed (byte* start = data)
            {
                var written = Native.Write(_file, start, (nuint)data.Length);
                if (written < 0 && Marshal.GetLastPInvokeError() != Native.Interrupted)
                {
                    return false;
                }

                data = data[(int)Math.Max(0, written)..];
            }
        }

        return true;
    }
}
