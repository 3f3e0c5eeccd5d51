using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Fuzzing;

/// <summary>
/// Whatever comes over the wire, server and client answer with a 2xx that is meant or a 4xx, go on, and keep neither files nor memory nor connections of
/// it. By raw sockets, for no HTTP library would send such requests. A failure names the case, from which it can be made again.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class ApiFuzzTests
{
    private const string Classic = "/upload";
    private const string V1 = "/api/v1/jobs";

    private static readonly string[] Ids =
    [
        "1", "0", "-1", "2147483647", "2147483648", "99999999999999999999", "abc", "", "1.0", "0x1", "%00", "%2e%2e%2f", "..", "../../etc/passwd", "1%0d%0aX:1", "%", "%zz",
        "%ff", "1;drop", "'", "1/2/3", "%F0%9F%92%A9", "+1", "%20", "1%201", "٣",
    ];

    private static readonly string[] ServerRoutes = ["/download/", "/download_partial/", "/terminate/", "/", "/health/", "/upload/", "/api/v1/jobs/", "/swagger/", "//"];
    private static readonly string[] ClientRoutes = ["/retrieve/", "/retrieve_partial/", "/kill/", "/executions/1/", "/executions/", "/load/", "/status/", "/events/x"];
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "G\0T", "BREW", ""];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Classic)]
    [InlineData(V1)]
    public Task Some_hundred_requests_to_the_server(string upload) => ServerAsync(300, upload);

    [Theory]
    [InlineData(Classic, 6_000)]
    [InlineData(V1, 6_000)]
    [Trait("Category", "Slow")]
    public Task Thousands_of_requests_to_the_server(string upload, int cases) => ServerAsync(cases, upload);

    [Fact]
    public Task Some_hundred_requests_to_the_client() => ClientAsync(200);

    [Fact]
    [Trait("Category", "Slow")]
    public Task Thousands_of_requests_to_the_client() => ClientAsync(3_000);

    [Theory]
    [InlineData(10_001, true, "More than 10000 files; pack them into an archive that run.sh unpacks")]
    [InlineData(10_000, false, "Missing user_id field")]
    [Trait("Category", "Slow")]
    public async Task Ten_thousand_parts_are_read_or_refused(int parts, bool files, string message)
    {
        await using var system = await TestSystem.StartAsync(clients: 0);
        var form = new Form();
        for (var i = 0; i < parts; i++)
        {
            _ = files ? form.File($"file-{i}", "") : form.Field($"field-{i}", "value");
        }

        var (code, body) = await system.Http.UploadAsync(form.ToContent());
        Assert.Equal((HttpStatusCode.BadRequest, message), (code, body.Message));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(system.Directory, "data", "staging")));
    }

    private static async Task ServerAsync(int cases, string upload)
    {
        await using var system = await TestSystem.StartAsync(
            clients: 0, settings: ["SERVICE_EXAMPLE_QUEUED_PER_USER=1000000", "REQUESTS_PER_SECOND=0", "UPLOADS_AT_ONCE=0", "MAX_UPLOAD_BYTES=150000"]);
        var address = system.Server.Address;
        var jobs = new ConcurrentDictionary<string, bool>(); // the same upload under the same Idempotency-Key is the same job
        var seen = await RunAsync(cases, address, seed => Request(seed, "POST", upload, ServerRoutes), (seed, status, body) =>
        {
            if (status == 201)
            {
                jobs[JobId().Match(body).Value] = true;
            }

            if (upload == Classic && status is 200 or 201 && body.StartsWith('{') && body.Contains("\"id\"", StringComparison.Ordinal))
            {
                Assert.NotEqual(ClassicStatus.Unknown, JsonSerializer.Deserialize(body, JobOrchestrator.Contracts.ContractsJson.Default.StatusBody)!.Status);
            }
        });
        Assert.True(seen.GetValueOrDefault(201) > 0 && seen.GetValueOrDefault(400) > cases / 10, string.Join(' ', seen));
        var staging = Path.Combine(system.Directory, "data", "staging");
        while (Directory.EnumerateFileSystemEntries(staging).Any())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation); // the last connections are being noticed as closed
        }

        // A sender that hung up may have been acknowledged without reading it.
        Assert.InRange(
            Directory.EnumerateDirectories(Path.Combine(system.Directory, "data", "jobs")).Count(), jobs.Count, jobs.Count + seen.GetValueOrDefault(0));
        Assert.Equal(["data", "jobs.sqlite"], Directory.EnumerateFileSystemEntries(system.Directory).Select(f => Path.GetFileName(f))
            .Where(f => !f.StartsWith("jobs.sqlite-", StringComparison.Ordinal) && !f.StartsWith("jobs.sqlite.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal("ok", JsonDocument.Parse(await system.Http.GetStringAsync("/health", Cancellation)).RootElement.GetProperty("status").GetString());
    }

    private static async Task ClientAsync(int cases)
    {
        using var directory = new TemporaryDirectory();
        await using (var client = await TestClient.StartAsync(directory.Path, "SLOTS=1", "KILL_GRACE=1"))
        {
            using var http = new HttpClient { BaseAddress = client.Address };

            // What gets in waits behind this.
            await http.PutAsync(1, 1, ExecutionCalls.Execution("sleep 10000"));
            await RunAsync(cases, client.Address, seed => Request(seed, seed % 2 == 0 ? "POST" : "PUT", seed % 2 == 0 ? "/submit" : $"/executions/{(uint)seed % 100_000 + 2}/1", ClientRoutes), (_, _, _) => { });
            var staging = Path.Combine(directory.Path, "staging");
            while (Directory.EnumerateFileSystemEntries(staging).Any())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
            }

            Assert.Equal(["executions", "staging"], Directory.EnumerateDirectories(directory.Path).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
            Assert.Equal("""{"message":"pong"}""", await http.GetStringAsync("/", Cancellation));
        }

        await Processes.KillAllWithMarkerAsync(directory.Path);
    }

    /// <summary>Sends all cases, eight at a time; returns how often each status came.</summary>
    private static async Task<SortedDictionary<int, int>> RunAsync(
        int cases, Uri address, Func<int, (byte[] Bytes, bool Whole)> make, Action<int, int, string> check)
    {
        var first = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"cases {first} to {first + cases - 1L}");
        var seen = new SortedDictionary<int, int>();
        var (memory, descriptors) = (0L, 0);
        foreach (var (begin, end) in new[] { (0, cases / 5), (cases / 5, cases) })
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(begin, end - begin), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (i, _) =>
                {
                    var seed = unchecked(first + i);
                    var (bytes, whole) = make(seed);
                    var (status, body) = await SendAsync(address, bytes, whole);

                    // No answer is one only to what was no whole request.
                    Assert.True(status is >= 200 and < 500 || status == 0 && !whole, $"Case {seed}: {status} {body}");
                    check(seed, status, body);
                    lock (seen)
                    {
                        seen[status] = seen.GetValueOrDefault(status) + 1;
                    }
                });
            if (begin == 0)
            {
                (memory, descriptors) = (GC.GetTotalMemory(forceFullCollection: true), Descriptors());
            }
        }

        while (Descriptors() > descriptors + 20)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation); // connections end in their own time
        }

        // No other test runs in this process meanwhile. What was accepted is in the queue, a kilobyte or so each; nothing else may be left of it.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, (16 << 20) + (cases * 2048L));
        return seen;
    }

    /// <summary>A request's bytes, and whether it is whole, so that an answer must come.</summary>
    private static (byte[] Bytes, bool Whole) Request(int seed, string method, string upload, string[] routes)
    {
        var fuzz = new MultipartFuzz(seed, v1: upload == V1);
        var (contentType, body) = fuzz.Next();
        if (fuzz.Random.Next(5) == 0)
        {
            var path = fuzz.Pick(routes) + fuzz.Pick(Ids) + (fuzz.Random.Next(10) == 0 ? new string('x', fuzz.Random.Next(10_000)) : "") + (fuzz.Random.Next(5) == 0 ? "?a=%00&b" : "");
            return (Encoding.UTF8.GetBytes($"{fuzz.Pick(Methods)} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), true);
        }

        var head = $"{method} {upload} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {contentType.ReplaceLineEndings("")}\r\n";
        switch (fuzz.Random.Next(12))
        {
            case 0: // more announced than comes
                return (Join(head + $"Content-Length: {body.Length + 1 + fuzz.Random.Next(1000)}\r\n\r\n", body), false);
            case 1: // less announced than comes
                return (Join(head + $"Content-Length: {fuzz.Random.Next(body.Length + 1)}\r\n\r\n", body), true);
            case 2:
                return (Join(head + $"Content-Length: {fuzz.Pick(["-1", "abc", "99999999999999999999", "", "1, 2", "0x10"])}\r\n\r\n", body), true);
            case 3: // chunked, often wrongly
                var size = fuzz.Random.Next(3) == 0 ? fuzz.Pick(["-1", "zz", "ffffffffffffffff", ""]) : body.Length.ToString("x", CultureInfo.InvariantCulture);
                return (Join(head + $"Transfer-Encoding: chunked\r\n\r\n{size}\r\n", [.. body, .. "\r\n0\r\n\r\n"u8]), false);
            case 4:
                return (Join(head + $"X-Long: {new string('x', fuzz.Random.Next(60_000))}\r\nContent-Length: {body.Length}\r\n\r\n", body), true);
            case 5:
                return (Join(head + $"Idempotency-Key: {fuzz.Pick(["k", "", new string('k', 5000), "\x1", "é"])}\r\nContent-Length: {body.Length}\r\n\r\n", body), true);
            default:
                return (Join(head + $"Content-Length: {body.Length}\r\n\r\n", body), true);
        }
    }

    private static byte[] Join(string head, byte[] body) => [.. Encoding.UTF8.GetBytes(head), .. body];

    private static async Task<(int Status, string Body)> SendAsync(Uri address, byte[] request, bool whole)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, Cancellation);
        try
        {
            await socket.SendAsync(request, Cancellation);
            if (!whole)
            {
                // Says that no more comes; Kestrel takes it for a sender that is gone, and need not answer.
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // It had read enough; its answer is there to be read all the same.
        }

        var (answer, buffer) = (new MemoryStream(), new byte[8192]);
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, Cancellation)) > 0)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            // Cut; what came before counts.
        }

        var text = Encoding.UTF8.GetString(answer.ToArray());
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && int.TryParse(text.AsSpan(9, 3), out var status)
            ? (status, end < 0 ? "" : text[(end + 4)..])
            : (0, text);
    }

    /// <summary>In the answer as it came over the wire, in chunks or not.</summary>
    [GeneratedRegex("""(?<="id":)\d+""")]
    private static partial Regex JobId();

    private static int Descriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
