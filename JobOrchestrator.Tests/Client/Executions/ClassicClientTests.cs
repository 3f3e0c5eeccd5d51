using System.Globalization;
using System.Net;
using System.Text.Json;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Executions;

/// <summary>The classic client surface; numbers in names are those of the list of classic defects.</summary>
public sealed class ClassicClientTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestClient _client = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await TestClient.StartAsync(_directory.Path, "KILL_GRACE=1", "SLOTS=2");
        _http = new HttpClient { BaseAddress = _client.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _client.DisposeAsync(); // from here on nobody writes to the directory
        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    [Fact]
    public async Task Root_and_health_answer_as_the_server_does()
    {
        Assert.Equal("""{"message":"pong"}""", await _http.GetStringAsync("/", Cancellation));
        using var health = JsonDocument.Parse(await _http.GetStringAsync("/health", Cancellation));
        Assert.Equal("ok", health.RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Load_is_a_bare_number_of_percent()
    {
        var text = await _http.GetStringAsync("/load", Cancellation);
        Assert.InRange(double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture), 0, 100);
    }

    [Fact]
    public async Task Defect_1_a_submission_is_answered_with_all_six_members_and_an_empty_input()
    {
        using var payload = await SubmitAsync(new Form().File("run.sh", "sleep 100", field: "run.sh").File("a.txt", "deep", field: "dir/a.txt"));
        var members = payload.RootElement.EnumerateObject().Select(p => p.Name);
        Assert.Equal(["id", "input", "killed", "loc", "pid", "status"], members.Order(StringComparer.Ordinal));
        Assert.Equal("{}", payload.RootElement.GetProperty("input").GetRawText());
        Assert.Equal("Prepared", payload.RootElement.GetProperty("status").GetString());
        Assert.False(payload.RootElement.GetProperty("killed").GetBoolean());
        var directory = payload.RootElement.GetProperty("loc").GetString()!;
        Assert.Equal("deep", await File.ReadAllTextAsync(Path.Combine(directory, "dir", "a.txt"), Cancellation));
    }

    [Theory]
    [InlineData("text/plain", "Multipart error: the Content-Type must be multipart/form-data")]
    [InlineData("multipart/form-data", "Multipart error: the Content-Type has no usable boundary")]
    public async Task A_malformed_submission_is_400_and_leaves_nothing(string contentType, string message)
    {
        using var content = Form.Job("true").ToContent(contentType: contentType);
        using var answer = await _http.PostAsync("/submit", content, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(message, (await answer.StatusBodyAsync()).Message);
        AssertNothingArrived();
    }

    [Fact]
    public async Task A_submission_cut_short_or_leading_out_of_its_directory_is_400_and_leaves_nothing()
    {
        foreach (var content in new[]
        {
            new Form().File("run.sh", "true", field: "run.sh").ToContent(cut: true),
            new Form().File("evil", "x", field: "../evil").ToContent(),
            new Form().File("evil", "x", field: "/etc/evil").ToContent(),
            new Form().File("a", "x", field: "a").File("a", "y", field: "a").ToContent(),
        })
        {
            using (content)
            {
                using var answer = await _http.PostAsync("/submit", content, Cancellation);
                Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            }
        }

        AssertNothingArrived();
    }

    [Fact]
    public async Task Retrieve_gives_the_payload_until_it_is_completed_and_then_the_zip()
    {
        var id = await SubmitScriptAsync($"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; echo done > out.txt");
        while ((await PayloadAsync(id, "Running")).GetProperty("pid").GetInt32() == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        Assert.Equal(["run.sh", "stderr.log", "stdout.log"], (await _http.ZipAsync($"/retrieve_partial/{id}")).Keys.Order(StringComparer.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        while (await MediaTypeAsync(id) != "application/zip")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        Assert.Equal("done\n", (await _http.ZipAsync($"/retrieve/{id}"))["out.txt"]);
    }

    [Theory]
    [InlineData("exit 7", "Failed")]
    [InlineData("kill -9 $$", "Failed")]
    public async Task An_execution_that_failed_says_so(string script, string status)
    {
        var id = await SubmitScriptAsync(script);
        Assert.False((await PayloadAsync(id, status)).GetProperty("killed").GetBoolean());
    }

    [Fact]
    public async Task An_execution_without_run_sh_is_invalid()
    {
        using var payload = await SubmitAsync(new Form().File("other.sh", "true", field: "other.sh"));
        await PayloadAsync(payload.RootElement.GetProperty("id").GetInt32(), "Invalid");
    }

    [Fact]
    public async Task Kill_ends_a_running_and_a_waiting_execution_and_an_ended_one_is_200_too()
    {
        var running = new[] { await SubmitScriptAsync("sleep 1000"), await SubmitScriptAsync("sleep 1000") };
        var waiting = await SubmitScriptAsync("sleep 1000");
        foreach (var id in running)
        {
            await PayloadAsync(id, "Running");
        }

        await PayloadAsync(waiting, "Prepared");
        foreach (var id in (int[])[waiting, .. running, waiting])
        {
            using var answer = await _http.PostAsync($"/kill/{id}", null, Cancellation);
            Assert.Equal((HttpStatusCode.OK, string.Empty), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation)));
            Assert.True((await PayloadAsync(id, "Killed")).GetProperty("killed").GetBoolean());
        }
    }

    [Theory]
    [InlineData("GET", "/retrieve/abc")]
    [InlineData("GET", "/retrieve_partial/-1")]
    [InlineData("POST", "/kill/99999999999")]
    public async Task A_payload_id_that_is_no_number_is_400(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, "Invalid payload id, should be a whole number"), await answer.StatusBodyAsync());
    }

    [Theory]
    [InlineData("GET", "/retrieve/4711")]
    [InlineData("GET", "/retrieve_partial/4711")]
    [InlineData("POST", "/kill/4711")]
    public async Task An_unknown_payload_is_404(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await _http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, "There is no payload 4711 here"), await answer.StatusBodyAsync());
    }

    [Fact]
    public async Task Defect_7_numbers_of_payloads_do_not_begin_again_after_the_client_has_lost_everything()
    {
        var before = await SubmitScriptAsync("true");
        using var directory = new TemporaryDirectory();
        await using var other = await TestClient.StartAsync(directory.Path);
        using var http = new HttpClient { BaseAddress = other.Address };
        using var content = new Form().File("run.sh", "true", field: "run.sh").ToContent();
        using var answer = await http.PostAsync("/submit", content, Cancellation);
        using var payload = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.NotEqual(before, payload.RootElement.GetProperty("id").GetInt32());
        await Processes.KillAllWithMarkerAsync(directory.Path);
    }

    [Fact]
    public async Task Defect_27_a_job_gets_nothing_of_the_clients_environment()
    {
        Environment.SetEnvironmentVariable("JOBORCHESTRATOR_TEST_SECRET", "secret");
        var id = await SubmitScriptAsync("env > env.txt");
        while (await MediaTypeAsync(id) != "application/zip")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        var names = (await _http.ZipAsync($"/retrieve/{id}"))["env.txt"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')[0]);
        Assert.Equal(
            ["HOME", "JOBORCHESTRATOR_EXECUTION", "LANG", "PATH", "PWD", "SHLVL", "TMPDIR", "USER", "_"], names.Order(StringComparer.Ordinal));
    }

    private async Task<JsonDocument> SubmitAsync(Form form)
    {
        using var content = form.ToContent();
        using var answer = await _http.PostAsync("/submit", content, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<int> SubmitScriptAsync(string script)
    {
        using var payload = await SubmitAsync(new Form().File("run.sh", script, field: "run.sh"));
        return payload.RootElement.GetProperty("id").GetInt32();
    }

    /// <summary>Waits until the payload has a status, and returns it.</summary>
    private async Task<JsonElement> PayloadAsync(int id, string status)
    {
        while (true)
        {
            using var payload = JsonDocument.Parse(await _http.GetStringAsync($"/retrieve/{id}", Cancellation));
            var now = payload.RootElement.GetProperty("status").GetString();
            if (now == status)
            {
                return payload.RootElement.Clone();
            }

            Assert.Contains(now, (string[])["Prepared", "Running"]);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }
    }

    private async Task<string?> MediaTypeAsync(int id)
    {
        using var answer = await _http.GetAsync($"/retrieve/{id}", Cancellation);
        return answer.Content.Headers.ContentType?.MediaType;
    }

    private void AssertNothingArrived()
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_directory.Path, "staging")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_directory.Path, "executions")));
    }
}
