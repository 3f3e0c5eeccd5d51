using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using JobOrchestrator.Contracts.Files;
using Microsoft.AspNetCore.Http;

namespace JobOrchestrator.Benchmarks.Micro;

/// <summary>An upload as browsers send it, two fields, the script and an input, read from memory.</summary>
public class MultipartBenchmarks
{
    private const string Boundary = "----benchmark-7d9f2c51";
    private static readonly byte[] Buffer = new byte[1 << 16];
    private byte[] _body = [];

    [Params(1 << 10, 16 << 20)]
    public int InputBytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        using var body = new MemoryStream();
        Write("name=\"user_id\"", "1"u8);
        Write("name=\"service\"", "example"u8);
        Write("name=\"file\"; filename=\"run.sh\"", "true\n"u8);
        Write("name=\"file\"; filename=\"input.bin\"", RandomNumberGenerator.GetBytes(InputBytes));
        body.Write(Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"));
        _body = body.ToArray();

        void Write(string disposition, ReadOnlySpan<byte> content)
        {
            body.Write(Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }
    }

    [Benchmark(Description = "multipart reader: an upload")]
    public async Task<long> Read()
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = $"multipart/form-data; boundary={Boundary}";
        request.Body = new MemoryStream(_body, writable: false);
        var parts = MultipartParts.Open(request);
        var total = 0L;
        while (await parts.ReadNextAsync(CancellationToken.None) is { } part)
        {
            int read;
            while ((read = await part.Body.ReadAsync(Buffer)) > 0)
            {
                total += read;
            }
        }

        return total;
    }
}
