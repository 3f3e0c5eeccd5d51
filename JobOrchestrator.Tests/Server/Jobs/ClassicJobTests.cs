using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>The classic server surface but for uploads; numbers in names are those of the list of classic defects.</summary>
public sealed class ClassicJobTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task The_root_answers_pong_and_sends_a_browser_to_a_page()
    {
        Assert.Equal("""{"message":"pong"}""", await Http.GetStringAsync("/", Cancellation));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd("text/html");
        using var page = await Http.SendAsync(request, Cancellation);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Health_is_ok_while_the_database_answers_and_503_when_it_does_not()
    {
        using var well = JsonDocument.Parse(await Http.GetStringAsync("/health", Cancellation));
        Assert.Equal("ok", well.RootElement.GetProperty("status").GetString());
        Assert.Equal("ok", well.RootElement.GetProperty("database").GetString());

        await BreakDatabaseAsync();
        using var ill = await Http.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ill.StatusCode);
        using var body = JsonDocument.Parse(await ill.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("unhealthy", body.RootElement.GetProperty("status").GetString());
        Assert.Contains("no such table", body.RootElement.GetProperty("database").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_nobody_foresaw_is_told_in_json_too()
    {
        await BreakDatabaseAsync();
        using var answer = await Http.GetAsync("/download/1", Cancellation);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            new StatusBody(0, ClassicStatus.Unknown, "Internal server error; the server's log has the details"), await answer.StatusBodyAsync());
    }

    [Theory]
    [InlineData("GET", "/download/4711", HttpStatusCode.NotFound, "Job 4711 not found in the database")]
    [InlineData("GET", "/download_partial/4711", HttpStatusCode.NotFound, "Job 4711 not found in the database")]
    [InlineData("POST", "/terminate/4711", HttpStatusCode.NotFound, "Job 4711 not found in the database")]
    [InlineData("GET", "/download/abc", HttpStatusCode.BadRequest, "Invalid job id, should be a whole number")]
    [InlineData("GET", "/download_partial/abc", HttpStatusCode.BadRequest, "Invalid job id, should be a whole number")]
    [InlineData("POST", "/terminate/abc", HttpStatusCode.BadRequest, "Invalid job id, should be a whole number")]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "There is nothing at /nowhere; see /swagger")]
    [InlineData("GET", "/upload", HttpStatusCode.MethodNotAllowed, "GET is not possible here; see /swagger")]
    public async Task Defect_23_errors_have_the_json_shape(string method, string path, HttpStatusCode code, string message)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await Http.SendAsync(request, Cancellation);
        Assert.Equal(code, answer.StatusCode);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, message), await answer.StatusBodyAsync());
    }

    [Fact]
    public async Task A_completed_job_gives_its_zip_by_get_head_and_range()
    {
        var id = await Http.SubmitAsync(Form.Job("echo hello; echo data > out.txt").File("in.txt", "input"));
        Assert.Equal(ClassicStatus.Completed, (await Http.EndAsync(id)).Status);
        var files = await Http.ZipAsync($"/download/{id}");
        Assert.Equal(["in.txt", "out.txt", "run.sh", "stderr.log", "stdout.log"], files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("data\n", "hello\n"), (files["out.txt"], files["stdout.log"]));

        var whole = await Http.GetByteArrayAsync($"/download/{id}", Cancellation);
        using var head = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/download/{id}"), Cancellation);
        Assert.Equal((HttpStatusCode.OK, (long?)whole.Length), (head.StatusCode, head.Content.Headers.ContentLength));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/download/{id}");
        request.Headers.Range = new RangeHeaderValue(10, 19);
        using var part = await Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(whole[10..20], await part.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_result_that_has_vanished_from_the_disk_is_told_not_sent_empty()
    {
        var id = await Http.SubmitAsync(Form.Job("true"));
        await Http.EndAsync(id);
        Directory.EnumerateFiles(Path.Combine(_system.Directory, "data", "jobs", $"{id}"), "result*.zip").ToList().ForEach(File.Delete);
        using var answer = await Http.GetAsync($"/download/{id}", Cancellation);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            new StatusBody(id, ClassicStatus.Completed, "Error reading output file: it is missing on the server's disk"), await answer.StatusBodyAsync());
    }

    [Fact]
    public async Task A_job_that_waits_has_a_status_and_no_working_directory_yet()
    {
        await using var system = await TestSystem.StartAsync(clients: 0);
        var id = await system.Http.SubmitAsync(Form.Job("true"));
        using var partial = await system.Http.GetAsync($"/download_partial/{id}", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, partial.StatusCode);
        Assert.Equal(new StatusBody(id, ClassicStatus.Queued, "The job has no working directory on a client node now"), await partial.StatusBodyAsync());
        using var head = await system.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/download/{id}"), Cancellation);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (head.StatusCode, head.Content.Headers.ContentType?.MediaType));
        Assert.Equal($$"""{"id":{{id}},"status":"Queued","message":""}""", await system.Http.GetStringAsync($"/download/{id}", Cancellation));
    }

    [Fact]
    public async Task Defect_13_a_failed_job_gives_its_reason_and_its_files()
    {
        var id = await Http.SubmitAsync(Form.Job("echo almost > result.txt; echo oops >&2; exit 3"));
        var end = await Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Failed, end.Status);
        Assert.Contains("3", end.Message, StringComparison.Ordinal);
        var files = await Http.ZipAsync($"/download_partial/{id}");
        Assert.Equal(("almost\n", "oops\n"), (files["result.txt"], files["stderr.log"]));
    }

    [Fact]
    public async Task Defect_18_an_invalid_job_says_why()
    {
        var id = await Http.SubmitAsync(new Form().Field("user_id", "1").Field("service", "example").File("other.sh", "true"));
        var end = await Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Invalid, end.Status);
        Assert.Contains("run.sh", end.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo platform linux/amd64")]
    [InlineData("touch a && chmod 640 a")]
    [InlineData("true # no trap")]
    public async Task Defect_18_an_honest_script_is_not_refused(string script) =>
        Assert.Equal(ClassicStatus.Completed, (await Http.EndAsync(await Http.SubmitAsync(Form.Job(script)))).Status);

    [Fact]
    public async Task Defect_12_files_named_like_the_classic_programs_own_change_nothing()
    {
        var id = await Http.SubmitAsync(Form.Job("sleep 0.1; echo real > real.txt; exit 4").File("output.zip", "not a result").File(".orchestrator.exit", "0"));
        Assert.Equal(ClassicStatus.Failed, (await Http.EndAsync(id)).Status);
        var files = await Http.ZipAsync($"/download_partial/{id}");
        Assert.Equal(("not a result", "real\n"), (files["output.zip"], files["real.txt"]));
    }

    [Fact]
    public async Task The_classic_trap_works_unchanged()
    {
        var id = await Http.SubmitAsync(Form.Job("trap 'echo \"$?\" > .orchestrator.exit' EXIT\necho done"));
        Assert.Equal(ClassicStatus.Completed, (await Http.EndAsync(id)).Status);
    }

    [Fact]
    public async Task Defect_4_a_script_killed_from_outside_fails_with_its_signal()
    {
        var id = await Http.SubmitAsync(Form.Job("kill -KILL $$"));
        var end = await Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Failed, end.Status);
        Assert.Contains("SIGKILL", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_job_shows_its_files_so_far()
    {
        var id = await StartedAsync("echo so far > file.txt");
        var files = await Http.ZipAsync($"/download_partial/{id}");
        Assert.Equal("so far\n", files["file.txt"]);
        Assert.Equal(ClassicStatus.Running, (await Http.StatusAsync(id)).Status);
    }

    [Fact]
    public async Task A_job_whose_service_is_no_longer_configured_has_no_partial_result()
    {
        var id = await Http.SubmitAsync(Form.Job("true"));
        await Http.EndAsync(id);
        await _system.RestartServerAsync(withService: false);
        using var answer = await Http.GetAsync($"/download_partial/{id}", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(new StatusBody(id, ClassicStatus.Completed, "Service 'example' is no longer configured"), await answer.StatusBodyAsync());
        Assert.NotEmpty(await Http.ZipAsync($"/download/{id}"));
    }

    [Fact]
    public async Task Defect_15_terminating_a_running_job_ends_its_children_and_says_killed_every_time()
    {
        var id = await StartedAsync("setsid sleep 1000 & sleep 1000 &");
        Assert.NotEmpty(SleepersOf(id));
        for (var i = 0; i < 2; i++)
        {
            var (code, body) = await Http.TerminateAsync(id);
            Assert.Equal(HttpStatusCode.OK, code);
            Assert.Equal(new StatusBody(id, ClassicStatus.Killed, "job terminated"), body);
        }

        while (SleepersOf(id).Any())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        Assert.Equal(ClassicStatus.Killed, (await Http.StatusAsync(id)).Status);
    }

    [Fact]
    public async Task Defect_10_terminating_an_ended_job_is_409_and_its_result_stays()
    {
        var id = await Http.SubmitAsync(Form.Job("true"));
        await Http.EndAsync(id);
        var (code, body) = await Http.TerminateAsync(id);
        Assert.Equal(HttpStatusCode.Conflict, code);
        Assert.Equal(new StatusBody(id, ClassicStatus.Completed, "The job had already ended as Completed"), body);
        Assert.NotEmpty(await Http.ZipAsync($"/download/{id}"));
    }

    [Fact]
    public async Task When_the_database_fails_terminating_is_500()
    {
        var id = await StartedAsync(string.Empty);
        await BreakDatabaseAsync("ALTER TABLE Attempts RENAME TO Gone");
        var (code, body) = await Http.TerminateAsync(id);
        Assert.Equal((HttpStatusCode.InternalServerError, "could not terminate job"), (code, body.Message));
    }

    [Fact]
    public async Task The_interface_describes_itself()
    {
        using var document = JsonDocument.Parse(await Http.GetStringAsync("/api-docs/openapi.json", Cancellation));
        var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(p => p.Name);
        Assert.Superset(
            new HashSet<string>(["/upload", "/download/{id}", "/download_partial/{id}", "/terminate/{id}"]), paths.ToHashSet(StringComparer.Ordinal));
        Assert.Contains("swagger", await Http.GetStringAsync("/swagger/index.html", Cancellation), StringComparison.OrdinalIgnoreCase);
    }

    private IEnumerable<int> SleepersOf(int id) => Processes.WithMarker($"{_system.Directory}/client-0/executions/{id}-").Keys;

    /// <summary>A job that has done <paramref name="script"/> and goes on.</summary>
    private async Task<int> StartedAsync(string script)
    {
        var id = await Http.SubmitAsync(Form.Job($"{script}\ntouch '{_system.Directory}/started'\nsleep 1000"));
        while (!File.Exists(Path.Combine(_system.Directory, "started")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        await Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        return id;
    }

    private async Task BreakDatabaseAsync(string sql = "ALTER TABLE Jobs RENAME TO Gone")
    {
        await using var connection = new SqliteConnection($"Data Source={TestServer.DatabaseIn(_system.Directory)};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
