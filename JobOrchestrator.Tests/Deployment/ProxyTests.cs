using System.Net;
using System.Net.Http.Headers;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>What the proxy promises, asked of a real nginx.</summary>
[Trait("Category", "Slow")]
public sealed class ProxyTests : IAsyncLifetime
{
    private UpstreamDouble _upstream = null!;
    private ProxyUnderTest _proxy = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _upstream = await UpstreamDouble.StartAsync();
        _proxy = await ProxyUnderTest.StartAsync(_upstream.Address);
        _http = _proxy.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Answers_come_by_http_2_with_the_security_headers_and_without_a_version()
    {
        using var answer = await _http.GetAsync("/", Cancellation);
        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal("answer", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.All(
            ["Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Content-Security-Policy"],
            name => Assert.True(answer.Headers.Contains(name), name));
        Assert.Equal("nginx", answer.Headers.Server.ToString());
    }

    [Fact]
    public async Task Plain_http_is_sent_to_https_with_method_and_body()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await http.GetAsync(new Uri(_proxy.Http, "/download/1?x=2"), Cancellation);
        Assert.Equal(HttpStatusCode.PermanentRedirect, answer.StatusCode);
        Assert.Equal("https://localhost/download/1?x=2", answer.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData(true, "-tls1_3")]
    [InlineData(true, "-tls1_2")]
    [InlineData(false, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")]
    [InlineData(false, "-tls1_2", "-cipher", "AES128-SHA")]
    [InlineData(false, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384")]
    public async Task Only_modern_tls_is_spoken(bool works, params string[] options)
    {
        await using var run = ProgramRun.Start(
            "openssl", ["s_client", "-connect", $"localhost:{_proxy.Https.Port}", "-CAfile", _proxy.Certificate, "-verify_return_error", .. options]);
        var code = await run.ExitAsync(Cancellation);
        Assert.True((code == 0) == works, run.Output);
    }

    [Theory]
    [InlineData("/upload")]
    [InlineData("/api/v1/jobs")]
    public async Task Four_hundred_mebibytes_pass_through_while_they_arrive(string path)
    {
        const long size = 400L << 20;
        using var content = new StreamContent(new LargeBody(size, _upstream.FirstBytes));
        using var answer = await _http.PostAsync(path, content, Cancellation);
        Assert.Equal($"{size}", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_proxy.Scratch, "body"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_is_no_upload_may_not_be_large()
    {
        using var content = new ByteArrayContent(new byte[(1 << 20) + 1]);
        using var answer = await _http.PostAsync("/terminate/1", content, Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/events")]
    [InlineData("/api/v1/jobs/42/logs?follow=true")]
    public async Task Each_event_of_a_stream_arrives_before_the_next_is_sent(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version20 };
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        _upstream.SendNextEvent();
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync(Cancellation));
            Assert.Equal(string.Empty, await reader.ReadLineAsync(Cancellation));
            _upstream.SendNextEvent();
        }
    }

    [Fact]
    public async Task Too_many_uploads_of_one_address_are_refused_and_nobody_else_suffers()
    {
        using var greedy = _proxy.CreateClient("127.0.0.2");
        var answers = await Task.WhenAll(Enumerable.Range(0, 250).Select(_ => UploadAsync(greedy)));
        var refused = answers.Where(a => a.StatusCode == HttpStatusCode.TooManyRequests).ToArray();
        Assert.InRange(refused.Length, 1, 150); // the burst of 100 passed
        Assert.All(refused, a => Assert.Equal(TimeSpan.FromSeconds(1), a.Headers.RetryAfter!.Delta));
        Assert.All(refused, a => Assert.Equal("application/problem+json", a.Content.Headers.ContentType!.MediaType));
        Assert.All(answers.Except(refused), a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));

        using var other = await UploadAsync(_http);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var reading = await greedy.GetAsync("/api/v1/jobs", Cancellation);
        Assert.Equal(HttpStatusCode.OK, reading.StatusCode);
        Array.ForEach(answers, a => a.Dispose());
    }

    [Theory]
    [InlineData("/swagger")]
    [InlineData("/swagger/index.html")]
    [InlineData("/api-docs/openapi.json")]
    public Task The_documentation_is_for_whom_it_is_opened(string path) => AssertClosedUnlessAsync("PROXY_DOCS_ALLOW", path);

    [Theory]
    [InlineData("/grafana/")]
    [InlineData("/grafana/api/search?tag=joborchestrator")]
    public Task Grafana_is_for_whom_it_is_opened(string path) => AssertClosedUnlessAsync("PROXY_GRAFANA_ALLOW", path);

    [Fact]
    public async Task An_address_that_is_none_stops_the_start()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => ProxyUnderTest.StartAsync(_upstream.Address, ("PROXY_GRAFANA_ALLOW", "all;")));
        Assert.Contains("PROXY_GRAFANA_ALLOW: 'all;' is no address and no network", failure.Message, StringComparison.Ordinal);
    }

    private async Task AssertClosedUnlessAsync(string setting, string path)
    {
        using var refused = await _http.GetAsync(path, Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        await using var open = await ProxyUnderTest.StartAsync(_upstream.Address, (setting, "192.0.2.0/24 127.0.0.1"));
        using var http = open.CreateClient();
        using var answer = await http.GetAsync(path, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task What_a_client_says_of_its_address_is_not_passed_on()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/services") { Version = HttpVersion.Version20 };
        request.Headers.Add("X-Forwarded-For", "192.0.2.66");
        request.Headers.Add("Forwarded", "for=192.0.2.66");
        using var answer = await _http.SendAsync(request, Cancellation);
        var headers = _upstream.Headers["/api/v1/services"];
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("https", headers["X-Forwarded-Proto"]);
        Assert.False(headers.ContainsKey("Forwarded"));
    }

    private static async Task<HttpResponseMessage> UploadAsync(HttpClient http)
    {
        using var content = new ByteArrayContent([1]);
        return await http.PostAsync("/upload", content, Cancellation);
    }

    /// <summary>Zeros; after the first mebibyte they wait until the other end has seen some.</summary>
    private sealed class LargeBody(long size, Task seen) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => size;

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= 1 << 20)
            {
                await seen.WaitAsync(cancellationToken);
            }

            var count = (int)Math.Min(size - _position, buffer.Length);
            buffer.Span[..count].Clear();
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
