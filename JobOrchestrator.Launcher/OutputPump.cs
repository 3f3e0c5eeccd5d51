using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Launcher;

/// <summary>
/// Copies one of the script's output pipes to a file, as it comes. Past the limit it goes on reading and drops what it reads: a script is
/// neither stopped nor killed for being talkative.
/// </summary>
internal sealed class OutputPump
{
    private const int BufferBytes = 1 << 16;
    private readonly Thread _thread;

    public OutputPump(int pipe, string path, long maxBytes)
    {
        _thread = new Thread(() => Run(pipe, path, maxBytes), 128 * 1024) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits until the pipe has ended, which it does when its last writer is gone.</summary>
    public void Join() => _thread.Join();

    private static void Run(int pipe, string path, long maxBytes)
    {
        using var source = new FileStream(new SafeFileHandle(pipe, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        using var target = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        var buffer = new byte[BufferBytes];
        var written = 0L;
        var full = false;
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            var take = (int)Math.Min(read, maxBytes - written);
            RandomAccess.Write(target, buffer.AsSpan(0, take), written);
            written += take;
            if (take < read && !full)
            {
                full = true;
                RandomAccess.Write(target, "\n[output cut off here: its limit is reached]\n"u8, written);
            }
        }
    }
}
