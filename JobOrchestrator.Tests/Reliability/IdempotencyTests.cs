using System.Net;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>Uploads that are repeated because nobody knows what became of the first one.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ShiftedClock _clock = new();
    private TestServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_same_key_is_one_job_at_once_and_after_a_restart()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => UploadAsync("key", Form.Job("true"))));
        Assert.All(answers, a => Assert.Equal((HttpStatusCode.Created, ClassicStatus.Queued), (a.Code, a.Body.Status)));
        var id = Assert.Single(answers.Select(a => a.Body.Id).Distinct());
        await _server.DisposeAsync();
        await StartAsync();
        Assert.Equal(id, (await UploadAsync("key", Form.Job("true"))).Body.Id);
        Assert.NotEqual(id, (await UploadAsync("another", Form.Job("true"))).Body.Id);
        Assert.Equal(2, Directory.EnumerateDirectories(Path.Combine(_directory.Path, "data", "jobs")).Count());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_directory.Path, "data", "staging")));
    }

    [Fact]
    public async Task The_order_of_the_parts_makes_no_difference()
    {
        var id = (await UploadAsync("key", new Form().Field("user_id", "7").Field("service", "example").File("run.sh", "true").File("a", "b"))).Body.Id;
        var other = await UploadAsync("key", new Form().File("a", "b").Field("service", "EXAMPLE").File("run.sh", "true").Field("user_id", "7"));
        Assert.Equal((HttpStatusCode.Created, id), (other.Code, other.Body.Id));
    }

    [Theory]
    [InlineData("7", "example", "run.sh", "false")]
    [InlineData("7", "example", "run2.sh", "true")]
    [InlineData("8", "example", "run.sh", "true")]
    [InlineData("7", "other", "run.sh", "true")]
    public async Task Another_upload_under_the_same_key_is_422(string user, string service, string file, string content)
    {
        await UploadAsync("key", new Form().Field("user_id", "7").Field("service", "example").File("run.sh", "true"));
        var (code, body) = await UploadAsync("key", new Form().Field("user_id", user).Field("service", service).File(file, content));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 0, ClassicStatus.Unknown), (code, body.Id, body.Status));
        Assert.StartsWith("Idempotency-Key 'key' was used for another upload", body.Message, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(_directory.Path, "data", "jobs")));
    }

    [Fact]
    public async Task A_key_is_free_again_after_a_day()
    {
        var id = (await UploadAsync("key", Form.Job("true"))).Body.Id;
        _clock.Advance(TimeSpan.FromHours(23.9));
        Assert.Equal(id, (await UploadAsync("key", Form.Job("true"))).Body.Id);
        _clock.Advance(TimeSpan.FromHours(0.2));
        var next = await UploadAsync("key", Form.Job("false"));
        Assert.Equal(HttpStatusCode.Created, next.Code);
        Assert.NotEqual(id, next.Body.Id);
    }

    [Fact]
    public async Task A_repetition_is_answered_though_its_user_may_send_nothing_new()
    {
        await _server.DisposeAsync();
        await StartAsync("SERVICE_EXAMPLE_QUEUED_PER_USER=1");
        var id = (await UploadAsync("key", Form.Job("true"))).Body.Id;
        Assert.Equal(HttpStatusCode.TooManyRequests, (await UploadAsync("another", Form.Job("true"))).Code);
        Assert.Equal(id, (await UploadAsync("key", Form.Job("true"))).Body.Id);
    }

    [Fact]
    public async Task A_repetition_takes_no_place_in_the_queue()
    {
        await UploadAsync("key", Form.Job("true"));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => UploadAsync("key", Form.Job("true"))));
        var (_, waiting, _) = Assert.Single(_server.Get<JobOrchestrator.Server.Scheduling.JobQueue>().Depth());
        Assert.Equal(1, waiting);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("")]
    public async Task An_unusable_key_is_400(string key)
    {
        var (code, body) = await UploadAsync(key, Form.Job("true"));
        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.StartsWith("Invalid Idempotency-Key header", body.Message, StringComparison.Ordinal);
    }

    private async Task StartAsync(params string[] settings) => _server = await TestServer.StartAsync(
        _directory.Path, ["SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:1", "SERVICE_OTHER_CLIENTS=http://127.0.0.1:1", .. settings], _clock);

    private async Task<(HttpStatusCode Code, StatusBody Body)> UploadAsync(string key, Form form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = form.ToContent() };
        request.Headers.TryAddWithoutValidation(Idempotency.HeaderName, key);
        using var answer = await _server.Http.SendAsync(request, Cancellation);
        return (answer.StatusCode, await answer.StatusBodyAsync());
    }
}
