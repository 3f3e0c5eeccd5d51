using System.Globalization;
using System.Net;
using System.Text;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Logs;

/// <summary>Output of jobs, live and afterwards, with real clients.</summary>
public sealed class V1LogTests(ITestOutputHelper output) : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1", "SLOTS=2", "VALIDATION=off"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task Output_comes_while_the_job_runs_and_the_stream_ends_with_it()
    {
        // The script answers each line the test writes; so every line has arrived before the next is written.
        var job = await Http.SubmitV1Async(Form.Job($"mkfifo '{_system.Directory}/in'; echo 'grüße'; while read -r line; do echo \"<$line>\"; [ \"$line\" = last ] && exit 3; done < '{_system.Directory}/in'"));
        var text = new StringBuilder();
        StreamWriter? input = null;
        var lines = new Queue<string>(["one", "two", "last"]);
        LogEnd? end = null;
        await foreach (var item in Http.EventsAsync($"/jobs/{job.Id}/logs?follow=true"))
        {
            if (item.EventType == "end")
            {
                end = item.Data(V1Json.Default.LogEnd);
                break;
            }

            var chunk = item.Data(V1Json.Default.LogChunk);
            Assert.Equal(($"1:{chunk.To}", Encoding.UTF8.GetByteCount(text.ToString())), (item.EventId, (int)chunk.From));
            text.Append(chunk.Text);
            if (text.ToString().EndsWith('\n') && lines.TryDequeue(out var line))
            {
                input ??= new StreamWriter(new FileStream($"{_system.Directory}/in", FileMode.Open, FileAccess.Write), new UTF8Encoding(false)) { AutoFlush = true };
                await input.WriteAsync(line + "\n");
            }
        }

        await input!.DisposeAsync();
        Assert.Equal("grüße\n<one>\n<two>\n<last>\n", text.ToString());
        Assert.Equal((JobStatus.Failed, 3), (end!.State, end.ExitCode));
    }

    [Fact]
    public async Task A_line_reaches_its_followers_within_200_ms_of_being_written()
    {
        // The script stamps its lines by the clock that the reader looks at: they are on one machine.
        var job = await Http.SubmitV1Async(Form.Job("for i in $(seq 200); do echo $EPOCHREALTIME; sleep 0.02; done"));
        var delays = new List<double>();
        await foreach (var item in Http.EventsAsync($"/jobs/{job.Id}/logs?follow=true"))
        {
            if (item.EventType == "log")
            {
                var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
                delays.AddRange(item.Data(V1Json.Default.LogChunk).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => now - double.Parse(line, CultureInfo.InvariantCulture)));
            }
        }

        Assert.Equal(200, delays.Count);
        delays.Sort();
        output.WriteLine($"p50 {delays[100] * 1000:0.0} ms, p99 {delays[197] * 1000:0.0} ms");
        Assert.InRange(delays[100], 0, 0.2); // the median: a machine that does something else for a moment is not our delay
    }

    [Fact]
    public async Task A_reader_goes_on_where_it_was_also_after_a_restart_of_the_server()
    {
        var job = await Http.SubmitV1Async(Form.Job($"for i in 1 2 3; do echo line $i; until [ -e '{_system.Directory}/'$i ]; do sleep 0.01; done; done; echo error >&2"));
        var text = new StringBuilder();
        string? last = null;
        for (var step = 1; step <= 3; step++)
        {
            await foreach (var item in Http.EventsAsync($"/jobs/{job.Id}/logs?follow=true", last))
            {
                last = item.EventId;
                text.Append(item.Data(V1Json.Default.LogChunk).Text);
                if (text.ToString().EndsWith($"line {step}\n", StringComparison.Ordinal))
                {
                    break;
                }
            }

            if (step == 2)
            {
                await _system.RestartServerAsync();
            }

            await File.WriteAllTextAsync($"{_system.Directory}/{step}", "", Cancellation);
        }

        await foreach (var item in Http.EventsAsync($"/jobs/{job.Id}/logs?follow=true", last))
        {
            Assert.Equal("end", item.EventType);
        }

        Assert.Equal("line 1\nline 2\nline 3\n", text.ToString());
        Assert.Equal("error\n", await TextAsync(job.Id, "stream=stderr&follow=true"));
    }

    [Fact]
    public async Task Old_output_comes_from_the_result_from_any_position()
    {
        var job = await Http.SubmitV1Async(Form.Job("echo mine > stdout.log; printf 'abc\\303\\244def'; echo no >&2"));
        await Http.JobEndAsync(job.Id);
        Assert.Equal("abcädef", await TextAsync(job.Id));
        Assert.Equal("def", await TextAsync(job.Id, "from=5"));
        Assert.Equal("f", await TextAsync(job.Id, "from=7&follow=true"));
        Assert.Equal("", await TextAsync(job.Id, "from=100"));
        Assert.Equal("no\n", await TextAsync(job.Id, "stream=stderr"));
        var chunks = new List<LogChunk>();
        await foreach (var item in Http.EventsAsync($"/jobs/{job.Id}/logs", "1:4").Where(i => i.EventType == "log"))
        {
            chunks.Add(item.Data(V1Json.Default.LogChunk));
        }

        Assert.Equal("\uFFFDdef", string.Concat(chunks.Select(c => c.Text))); // begins within a character
    }

    [Fact]
    public async Task Output_longer_than_what_is_kept_in_memory_loses_nothing()
    {
        var job = await Http.SubmitV1Async(Form.Job("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo \"line $i of some length\"; done"));
        await Http.JobUntilAsync(job.Id, j => j.State >= JobStatus.Running);
        var expected = string.Concat(Enumerable.Range(1, 60_000).Select(i => $"line {i} of some length\n"));
        Assert.Equal(expected, await TextAsync(job.Id, "follow=true"));
        Assert.Equal(expected, await TextAsync(job.Id));
    }

    [Fact]
    public async Task A_cancelled_job_s_output_ends_and_stays()
    {
        var job = await Http.SubmitV1Async(Form.Job("echo begun; sleep 1000"));
        var following = TextAsync(job.Id, "follow=true");
        await Http.JobUntilAsync(job.Id, j => j.State == JobStatus.Running);
        while (await TextAsync(job.Id) != "begun\n")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        using var cancelled = await Http.DeleteAsync($"/api/v1/jobs/{job.Id}", Cancellation);
        Assert.Equal("begun\n", await following);
        await Http.JobUntilAsync(job.Id, j => j.HasResult);
        Assert.Equal("begun\n", await TextAsync(job.Id));
    }

    [Fact]
    public async Task Files_of_a_running_job_are_shown_as_they_are_now_and_nothing_leads_out_of_its_directory()
    {
        var job = await Http.SubmitV1Async(Form.Job("mkdir -p a; echo now > a/b.txt; ln -s /etc out; ln -s /etc/passwd p; mkfifo pipe; touch ready; sleep 1000"));
        while (!(await Http.GetV1Async($"/jobs/{job.Id}", V1Json.Default.JobRecord)).State.Equals(JobStatus.Running)
            || (await Http.GetV1Async($"/jobs/{job.Id}/files", V1Json.Default.FileList)).Files.All(f => f.Path != "ready"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }

        var list = await Http.GetV1Async($"/jobs/{job.Id}/files", V1Json.Default.FileList);
        Assert.False(list.Final);
        Assert.Equal(["a/b.txt", "out", "p", "ready", "run.sh"], list.Files.Select(f => f.Path));
        Assert.Equal("now\n", await Http.GetStringAsync($"/api/v1/jobs/{job.Id}/files/a/b.txt", Cancellation));
        foreach (var path in (string[])["out/passwd", "p", "pipe", "a", "none", "a%2F..%2F..%2Fexecution.json"])
        {
            using var answer = await Http.GetAsync(new Uri(_system.Server.Address, $"/api/v1/jobs/{job.Id}/files/{path}"), Cancellation);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
        }
    }

    [Theory]
    [InlineData("stream=stdin", "'stream' is 'stdin', but must be stdout or stderr")]
    [InlineData("from=-1", "'from' must not be negative")]
    [InlineData("follow=perhaps", "'follow' cannot be 'perhaps'; it must be true or false")]
    public async Task A_wrong_parameter_is_named(string query, string detail)
    {
        var job = await Http.SubmitV1Async(Form.Job("true"));
        Assert.Contains(detail, await Http.ProblemAsync(HttpMethod.Get, $"/jobs/{job.Id}/logs?{query}", HttpStatusCode.BadRequest, "invalid_parameter"), StringComparison.Ordinal);
    }

    private Task<string> TextAsync(int id, string query = "") => Http.GetStringAsync($"/api/v1/jobs/{id}/logs?{query}", Cancellation);
}
