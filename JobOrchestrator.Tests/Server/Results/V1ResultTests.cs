using System.Net;
using System.Net.Http.Headers;
using System.Text;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Results;

/// <summary>Results and their files on the v1 API.</summary>
public sealed class V1ResultTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData("true", JobStatus.Completed)]
    [InlineData("exit 7", JobStatus.Failed)]
    [InlineData("kill -SEGV $$", JobStatus.Failed)]
    public async Task Every_end_that_left_files_gives_its_zip(string script, JobStatus end)
    {
        var job = await EndAsync($"echo data > out.txt; {script}");
        Assert.Equal(end, job.State);
        var files = await Http.ZipAsync($"/api/v1/jobs/{job.Id}/result");
        Assert.Equal("data\n", files["out.txt"]);
    }

    [Fact]
    public async Task A_result_answers_head_ranges_and_etags()
    {
        var job = await EndAsync("head -c 5000 /dev/urandom > noise");
        var address = $"/api/v1/jobs/{job.Id}/result";
        using var whole = await Http.GetAsync(address, Cancellation);
        var bytes = await whole.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(("application/zip", $"job-{job.Id}.zip"), (whole.Content.Headers.ContentType?.MediaType, whole.Content.Headers.ContentDisposition?.FileName));
        using var head = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, address), Cancellation);
        Assert.Equal((HttpStatusCode.OK, (long?)bytes.Length), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(whole.Headers.ETag, head.Headers.ETag);

        using var again = new HttpRequestMessage(HttpMethod.Get, address);
        again.Headers.IfNoneMatch.Add(whole.Headers.ETag!);
        using var unchanged = await Http.SendAsync(again, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        // How a download that broke off goes on.
        using var rest = new HttpRequestMessage(HttpMethod.Get, address);
        rest.Headers.Range = new RangeHeaderValue(1000, null);
        rest.Headers.IfRange = new RangeConditionHeaderValue(whole.Headers.ETag!);
        using var part = await Http.SendAsync(rest, Cancellation);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(bytes[1000..], await part.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task Files_are_listed_and_given_one_by_one_without_the_whole_result()
    {
        var job = await EndAsync("mkdir -p a/b; printf 'x,y\\n1,2\\n' > 'a/b/täble 1.csv'; printf '<script>alert(1)</script>' > page.html; ln -s blob.bin secret; printf raw > blob.bin; printf '\\211PNG' > p.png");
        var list = await Http.GetV1Async($"/jobs/{job.Id}/files", V1Json.Default.FileList);
        Assert.True(list.Final && !list.Truncated);
        Assert.Equal(
            ["a/b/täble 1.csv", "blob.bin", "p.png", "page.html", "run.sh", "secret", "stderr.log", "stdout.log"],
            list.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Equal((8, false), (Find("a/b/täble 1.csv").Size, Find("a/b/täble 1.csv").Link));
        Assert.True(Find("secret").Link);
        Assert.InRange(Find("blob.bin").ModifiedAt, job.QueuedAt.AddSeconds(-5), job.EndedAt!.Value.AddSeconds(5));

        Assert.Equal(("x,y\n1,2\n", "text/plain", "inline"), await FileAsync("a/b/t%C3%A4ble%201.csv"));
        Assert.Equal(("<script>alert(1)</script>", "text/plain", "inline"), await FileAsync("page.html"));
        Assert.Equal(("blob.bin", "application/octet-stream", "attachment"), await FileAsync("secret"));
        Assert.Equal(("raw", "application/octet-stream", "attachment"), await FileAsync("blob.bin"));
        Assert.Equal("image/png", (await FileAsync("p.png")).Type);
        foreach (var path in (string[])["a", "a/b/", "nothing", "a/../page.html", "%2e%2e/%2e%2e/jobs.sqlite"])
        {
            using var answer = await Http.GetAsync(new Uri(_system.Server.Address, $"/api/v1/jobs/{job.Id}/files/{path}"), Cancellation);
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound || path.Contains("..", StringComparison.Ordinal), $"{path}: {answer.StatusCode}");
        }

        FileRecord Find(string path) => list.Files.Single(f => f.Path == path);

        async Task<(string Text, string? Type, string? Disposition)> FileAsync(string path)
        {
            using var answer = await Http.GetAsync($"/api/v1/jobs/{job.Id}/files/{path}", Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.StartsWith("sandbox", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            using var again = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/jobs/{job.Id}/files/{path}");
            again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
            using var unchanged = await Http.SendAsync(again, Cancellation);
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
            return (Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(Cancellation)),
                answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType);
        }
    }

    [Fact]
    public async Task A_job_without_a_result_says_why()
    {
        var waiting = await Http.SubmitV1Async(Form.Job("sleep 1000"));
        await Http.ProblemAsync(HttpMethod.Get, $"/jobs/{waiting.Id}/result", HttpStatusCode.Conflict, "not_ready");
        await using var idle = await TestSystem.StartAsync(clients: 0);
        var never = await idle.Http.SubmitV1Async(Form.Job("true"));
        await idle.Http.DeleteAsync($"/api/v1/jobs/{never.Id}", Cancellation);
        Assert.Contains("Cancelled", await idle.Http.ProblemAsync(HttpMethod.Get, $"/jobs/{never.Id}/result", HttpStatusCode.NotFound, "no_result"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_whose_time_was_over_are_gone_for_good()
    {
        await using var system = await TestSystem.StartAsync(settings: ["MAX_AGE=0"]);
        var job = await system.Http.SubmitV1Async(Form.Job("true"));
        await system.Http.JobUntilAsync(job.Id, j => j.CleanedAt is not null);
        Assert.Contains("removed at", await system.Http.ProblemAsync(HttpMethod.Get, $"/jobs/{job.Id}/result", HttpStatusCode.Gone, "files_removed"), StringComparison.Ordinal);
        await system.Http.ProblemAsync(HttpMethod.Get, $"/jobs/{job.Id}/files", HttpStatusCode.Gone, "files_removed");
    }

    private async Task<JobRecord> EndAsync(string script) => await Http.JobEndAsync((await Http.SubmitV1Async(Form.Job(script))).Id);
}
