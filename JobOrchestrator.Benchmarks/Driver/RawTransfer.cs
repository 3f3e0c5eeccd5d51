using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>The least an upload must do: a file's bytes through a loopback connection into another file, with nothing said about them.</summary>
internal static class RawTransfer
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Seconds until the last byte is written to the (unflushed) copy.</summary>
    public static async Task<double> SecondsAsync(string source, string target, CancellationToken cancellation)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var started = Stopwatch.GetTimestamp();
        var receiving = Task.Run(() => Receive(listener, target), cancellation);
        await Task.Run(() => Send((IPEndPoint)listener.LocalEndpoint, source), cancellation);
        await receiving;
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void Send(IPEndPoint address, string source)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(address);
        using var file = File.OpenHandle(source);
        var buffer = new byte[BufferBytes];
        var offset = 0L;
        for (int read; (read = RandomAccess.Read(file, buffer, offset)) > 0; offset += read)
        {
            for (var sent = 0; sent < read;)
            {
                sent += socket.Send(buffer.AsSpan(sent, read - sent));
            }
        }
    }

    private static void Receive(TcpListener listener, string target)
    {
        using var socket = listener.AcceptSocket();
        using var file = File.OpenHandle(target, FileMode.Create, FileAccess.Write);
        var buffer = new byte[BufferBytes];
        var offset = 0L;
        for (int read; (read = socket.Receive(buffer)) > 0; offset += read)
        {
            RandomAccess.Write(file, buffer.AsSpan(0, read), offset);
        }
    }
}
