using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using JobOrchestrator.Contracts.Classic;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Drives any program with the classic surface.</summary>
internal sealed class ClassicDriver(Uri server) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Submits a job and returns its id.</summary>
    public async Task<int> SubmitAsync(int userId, string script, CancellationToken cancellation, string? inputFile = null)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent($"{userId}"), "user_id" },
            { new StringContent("example"), "service" },
            { new StringContent(script), "file", "run.sh" },
        };
        if (inputFile is not null)
        {
            form.Add(new StreamContent(File.OpenRead(inputFile), 1 << 20), "file", Path.GetFileName(inputFile));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "upload") { Content = form };
        using var answer = await _http.SendAsync(request, cancellation);
        if (answer.StatusCode is not HttpStatusCode.Created and not HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"Upload refused: {await answer.Content.ReadAsStringAsync(cancellation)}");
        }

        return (await answer.Content.ReadFromJsonAsync<StatusBody>(cancellation))!.Id;
    }

    /// <summary>Asks until the ZIP is there, reads it, and returns its size in bytes.</summary>
    /// <exception cref="InvalidOperationException">The job ended otherwise.</exception>
    public async Task<long> WaitForResultAsync(int id, TimeSpan pause, CancellationToken cancellation)
    {
        while (true)
        {
            using var answer = await _http.GetAsync($"download/{id}", HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (answer.Content.Headers.ContentType?.MediaType == "application/zip")
            {
                var counter = new CountingStream();
                await answer.Content.CopyToAsync(counter, cancellation);
                return counter.Count;
            }

            var body = await answer.Content.ReadFromJsonAsync<StatusBody>(cancellation);
            if (body!.Status is ClassicStatus.Failed or ClassicStatus.Invalid or ClassicStatus.Killed)
            {
                throw new InvalidOperationException($"Job {id} ended as {body.Status}: {body.Message}");
            }

            await Task.Delay(pause, cancellation);
        }
    }

    /// <summary>Milliseconds from the upload until the ZIP is read.</summary>
    public async Task<double> RoundTripAsync(string script, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var id = await SubmitAsync(1, script, cancellation);
        await WaitForResultAsync(id, TimeSpan.FromMilliseconds(1), cancellation);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    public void Dispose() => _http.Dispose();

    private sealed class CountingStream : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Count;

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Count += count;
    }
}
