using System.Net;
using System.Net.Sockets;
using System.Text;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary><c>POST /upload</c> of the classic server surface; numbers in names are those of the list of classic defects.</summary>
public sealed class ClassicUploadTests : IAsyncLifetime
{
    private const int MaxUpload = 1 << 20;

    private TestSystem _system = null!;

    private string Data => Path.Combine(_system.Directory, "data");

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(
        clients: 0, settings: [$"MAX_UPLOAD_BYTES={MaxUpload}", "SERVICE_EXAMPLE_QUEUED_PER_USER=3"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task A_good_upload_is_answered_201_and_its_files_lie_under_their_base_names()
    {
        var id = await _system.Http.SubmitAsync(new Form()
            .File("run.sh", "true", field: "whatever")
            .Field("service", "EXAMPLE")
            .File("../../evil.txt", "evil", field: "another")
            .Field("user_id", "-7")
            .Field("unknown", "ignored"));
        var input = Path.Combine(Data, "jobs", $"{id}", "input");
        Assert.Equal(["evil.txt", "run.sh"], Directory.GetFiles(input).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("evil", await File.ReadAllTextAsync(Path.Combine(input, "evil.txt"), TestContext.Current.CancellationToken));
        var job = await _system.Server.Get<JobStore>().FindAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal((-7, "example", JobState.Queued), (job!.UserId, job.Service, job.State));
        AssertNoLitter();
    }

    [Fact]
    public Task Without_user_id() => RefusedAsync("Missing user_id field", new Form().Field("service", "example").File("run.sh", "true"));

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("2147483648")]
    public Task With_a_user_id_that_is_no_32_bit_integer(string userId) => RefusedAsync(
        "Invalid user_id, should be a number", new Form().Field("user_id", userId).Field("service", "example").File("run.sh", "true"));

    [Fact]
    public Task Without_service() => RefusedAsync("Missing service field", new Form().Field("user_id", "1").File("run.sh", "true"));

    [Fact]
    public Task With_an_unknown_service() => RefusedAsync("Invalid service", Form.Job("true", service: "nosuch"));

    [Fact]
    public Task Defect_20_without_any_file() => RefusedAsync(
        "No file was uploaded; a job needs at least its run.sh", new Form().Field("user_id", "1").Field("service", "example"));

    [Fact]
    public Task Defect_21_two_files_of_one_name() => RefusedAsync(
        "Two files are named 'a.txt'; names must differ, for directories are not kept", Form.Job("true").File("a.txt", "1").File("dir/a.txt", "2"));

    [Theory]
    [InlineData("..")]
    [InlineData("dir/")]
    [InlineData("/")]
    public async Task A_file_name_that_names_no_file(string name)
    {
        var (code, body) = await _system.Http.UploadAsync(Form.Job("true").File(name, "x").ToContent());
        Assert.Equal((HttpStatusCode.BadRequest, 0, ClassicStatus.Unknown), (code, body.Id, body.Status));
        Assert.StartsWith("Invalid file name: ", body.Message, StringComparison.Ordinal);
        AssertNoLitter();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task Defect_23_a_missing_or_wrong_content_type_is_told_in_json(string? contentType)
    {
        var (code, body) = await _system.Http.UploadAsync(Form.Job("true").ToContent(contentType: contentType));
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, "Multipart error: the Content-Type must be multipart/form-data"), body);
    }

    [Fact]
    public async Task A_boundary_is_needed()
    {
        var (code, body) = await _system.Http.UploadAsync(Form.Job("true").ToContent(contentType: "multipart/form-data"));
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, "Multipart error: the Content-Type has no usable boundary"), body);
    }

    [Fact]
    public async Task Defect_25_a_body_cut_short_is_refused_and_leaves_nothing()
    {
        var (code, body) = await _system.Http.UploadAsync(Form.Job("true").File("big", new string('x', 100_000)).ToContent(cut: true));
        Assert.Equal((HttpStatusCode.BadRequest, 0), (code, body.Id));
        Assert.StartsWith("Multipart error: ", body.Message, StringComparison.Ordinal);
        AssertNoLitter();
    }

    [Fact]
    public async Task Defect_25_a_sender_that_hangs_up_leaves_nothing()
    {
        using var hangUp = new CancellationTokenSource();
        using var content = new StreamContent(new StallingStream(Form.Job("true").ToContent(cut: true), hangUp));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=test-boundary");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _system.Http.PostAsync("/upload", content, hangUp.Token));
        while (Directory.EnumerateFileSystemEntries(Path.Combine(Data, "staging")).Any())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Defect_24_a_body_past_the_limit_is_413_announced_or_not(bool chunked)
    {
        using var content = Form.Job("true").File("big", new byte[MaxUpload]).ToContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using var answer = await _system.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(
            new StatusBody(0, ClassicStatus.Unknown, $"The upload is larger than {MaxUpload} bytes, which is the limit (MAX_UPLOAD_BYTES)"),
            await answer.StatusBodyAsync());
        AssertNoLitter();
    }

    [Fact]
    public async Task Defect_22_a_wrong_field_ends_the_upload_before_the_files_after_it_are_taken_in()
    {
        // By hand, for HttpClient looks at an answer only when it has sent all.
        var body = await new Form().Field("user_id", "1").Field("service", "nosuch").File("big", "never ends").ToContent(cut: true)
            .ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _system.Server.Address.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(
            Encoding.UTF8.GetBytes($"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=test-boundary\r\nContent-Length: 1000000\r\n\r\n{body}"),
            TestContext.Current.CancellationToken);
        var (answer, buffer) = (string.Empty, new byte[4096]);
        while (!answer.Contains("\"Invalid service\"", StringComparison.Ordinal))
        {
            var read = await socket.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.True(read > 0, answer);
            answer += Encoding.UTF8.GetString(buffer, 0, read);
        }

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Past_the_limit_of_waiting_jobs_of_a_user_the_answer_is_429_with_a_time_to_come_back()
    {
        for (var i = 0; i < 3; i++)
        {
            await _system.Http.SubmitAsync(Form.Job("true"));
        }

        using var content = Form.Job("true").ToContent();
        using var answer = await _system.Http.PostAsync("/upload", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter?.Delta);
        Assert.Equal(
            "User 1 has 3 jobs waiting in service 'example', which is the limit; wait until some have started",
            (await answer.StatusBodyAsync()).Message);
        await _system.Http.SubmitAsync(Form.Job("true", userId: 2));
        AssertNoLitter();
    }

    private async Task RefusedAsync(string message, Form form)
    {
        var (code, body) = await _system.Http.UploadAsync(form.ToContent());
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, message), body);
        AssertNoLitter();
    }

    private void AssertNoLitter() => Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "staging")));

    /// <summary>Gives some bytes, then no more and no end.</summary>
    private sealed class StallingStream(HttpContent start, CancellationTokenSource? atEnd = null) : Stream
    {
        private readonly Stream _start = start.ReadAsStream();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await _start.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                if (atEnd is not null)
                {
                    await atEnd.CancelAsync();
                }

                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return read;
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
