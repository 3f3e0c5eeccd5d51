using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace JobOrchestrator.Tests.Support;

/// <summary>A job's upload with one file as large as one likes, made on the way to the socket.</summary>
internal sealed class LargeUpload : HttpContent
{
    private const string Boundary = "large-boundary";

    private readonly byte[] _head;
    private readonly byte[] _tail = Encoding.UTF8.GetBytes($"\r\n--{Boundary}--\r\n");
    private readonly long _length;

    public LargeUpload(string script, long length)
    {
        _length = length;
        _head = Encoding.UTF8.GetBytes(
            $"--{Boundary}\r\nContent-Disposition: form-data; name=\"user_id\"\r\n\r\n1\r\n"
            + $"--{Boundary}\r\nContent-Disposition: form-data; name=\"service\"\r\n\r\nexample\r\n"
            + $"--{Boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"run.sh\"\r\n\r\n{script}\r\n"
            + $"--{Boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"large.bin\"\r\n\r\n");
        Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={Boundary}");
    }

    /// <summary>Bytes of a whole upload apart from its large file.</summary>
    public static long Overhead(string script) => new LargeUpload(script, 0).Headers.ContentLength!.Value;

    protected override bool TryComputeLength(out long length)
    {
        length = _head.Length + _length + _tail.Length;
        return true;
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(_head);
        var block = new byte[1 << 20];
        new Random(1).NextBytes(block); // nothing along the way may get smaller
        for (var left = _length; left > 0; left -= block.Length)
        {
            await stream.WriteAsync(block.AsMemory(0, (int)Math.Min(block.Length, left)));
        }

        await stream.WriteAsync(_tail);
    }
}
