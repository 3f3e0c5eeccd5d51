using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Executions;

/// <summary>Our surface between server and client, and what becomes of executions when things die.</summary>
public sealed class ExecutionTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestClient _client = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_directory.Path, "client");

    public ValueTask InitializeAsync() => new(StartAsync());

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Processes.KillAllWithMarkerAsync(_directory.Path);
        _directory.Dispose();
    }

    [Fact]
    public async Task The_same_key_is_one_execution_however_many_send_it_at_once()
    {
        var script = $"echo run >> '{_directory.Path}/runs'";
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _http.PutAsync(1, 1, ExecutionCalls.Execution(script))));
        Assert.Equal(7, answers.Count(a => a.Code == HttpStatusCode.OK));
        Assert.Single(answers, a => a.Code == HttpStatusCode.Created);
        await _http.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "runs"), Cancellation));
        var all = await _http.GetFromJsonAsync("/executions", ContractsJson.Default.IReadOnlyListExecutionReport, Cancellation);
        Assert.Equal((1, 1), (Assert.Single(all!).JobId, all![0].Attempt));
    }

    /// <summary>Numbers come again when a server is restored from an older database; then they are another job's.</summary>
    [Fact]
    public async Task Defect_7_the_same_numbers_of_another_upload_are_another_execution()
    {
        foreach (var upload in new[] { "older", "newer", "newer" })
        {
            using var content = ExecutionCalls.Execution($"echo {upload} > out.txt").ToContent();
            using var answer = await _http.PutAsync($"/executions/1/1?upload={upload}", content, Cancellation);
            Assert.True(answer.IsSuccessStatusCode);
        }

        await StopAsync();
        await StartAsync();
        while ((await AllAsync()).Any(r => r.State != ExecutionState.Completed))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        Assert.Equal(["newer", "older"], (await AllAsync()).Select(r => r.Upload).Order(StringComparer.Ordinal));
        Assert.Equal("older\n", (await _http.ZipAsync("/executions/1/1/result?upload=older"))["out.txt"]);
        Assert.Equal("newer\n", (await _http.ZipAsync("/executions/1/1/result?upload=newer"))["out.txt"]);
        using var unnamed = await _http.GetAsync("/executions/1/1", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, unnamed.StatusCode);
        using var released = await _http.PostAsJsonAsync(
            "/executions/release", [new ExecutionName(1, 1, "older")], ContractsJson.Default.IReadOnlyListExecutionName, Cancellation);
        Assert.Equal(["newer"], (await AllAsync()).Select(r => r.Upload));

        async Task<IReadOnlyList<ExecutionReport>> AllAsync() =>
            (await _http.GetFromJsonAsync("/executions", ContractsJson.Default.IReadOnlyListExecutionReport, Cancellation))!;
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a%2Fb")]
    [InlineData("")]
    [InlineData("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggg")]
    public async Task An_upload_that_cannot_be_part_of_a_path_is_refused(string upload)
    {
        using var content = ExecutionCalls.Execution("true").ToContent();
        using var answer = await _http.PutAsync($"/executions/1/1?upload={upload}", content, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task No_more_run_at_once_than_there_are_slots_and_the_others_follow_in_order()
    {
        for (var job = 1; job <= 4; job++)
        {
            await _http.PutAsync(job, 1, ExecutionCalls.Execution($"echo {job} >> '{_directory.Path}/order'; until [ -e '{_directory.Path}/go-{job}' ]; do sleep 0.01; done"));
        }

        await _http.ReachesAsync(2, 1, ExecutionState.Running);
        var status = await _http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, Cancellation);
        Assert.Equal((2, 2, 2), (status!.Slots, status.Running, status.Queued));
        for (var job = 1; job <= 4; job++)
        {
            await File.WriteAllTextAsync(Path.Combine(_directory.Path, $"go-{job}"), string.Empty, Cancellation);
            await _http.ReachesAsync(job, 1, ExecutionState.Completed);
        }

        Assert.Equal(["1", "2", "3", "4"], (await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "order"), Cancellation)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_start_is_news_and_on_the_disk_when_the_script_goes_on()
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution($"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done"));
        await RecordSaysAsync(1, ExecutionState.Running);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        await _http.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Equal([ExecutionState.Prepared, ExecutionState.Running, ExecutionState.Completed], _client.EventsOf(1));
    }

    [Fact]
    public async Task An_end_that_nobody_fetches_is_on_the_disk_soon_and_at_a_stop_at_once()
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution("true"));
        await RecordSaysAsync(1, ExecutionState.Completed);
        await _http.PutAsync(2, 1, ExecutionCalls.Execution("exit 3"));
        await _http.ReachesAsync(2, 1, ExecutionState.Failed);
        await StopAsync();
        await RecordSaysAsync(2, ExecutionState.Failed);
        await StartAsync();
        Assert.Equal((ExecutionState.Completed, 0), ((await _http.ReportAsync(1, 1)).State, (await _http.ReportAsync(1, 1)).ExitCode));
        Assert.Equal((ExecutionState.Failed, 3), ((await _http.ReportAsync(2, 1)).State, (await _http.ReportAsync(2, 1)).ExitCode));
    }

    [Fact]
    public async Task Released_together_those_that_ended_are_deleted_and_the_others_are_named()
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution("true"));
        await _http.PutAsync(2, 1, ExecutionCalls.Execution("sleep 3600"));
        await _http.ReachesAsync(1, 1, ExecutionState.Completed);
        await _http.ReachesAsync(2, 1, ExecutionState.Running);
        ExecutionName[] names = [new(1, 1), new(2, 1), new(3, 1)];
        using var answer = await _http.PostAsJsonAsync("/executions/release", names, ContractsJson.Default.IReadOnlyListExecutionName, Cancellation);
        var alive = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.IReadOnlyListExecutionName, Cancellation);
        Assert.Equal([new ExecutionName(2, 1)], alive!);
        using var gone = await _http.GetAsync("/executions/1/1", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(ExecutionState.Running, (await _http.ReportAsync(2, 1)).State);
    }

    [Theory]
    [InlineData("inline=32768", 100, true)]
    [InlineData("inline=32768", 40_000, false)]
    [InlineData("after=0", 100, false)]
    public async Task A_small_result_comes_with_the_news_of_the_end_when_it_is_asked_for(string query, int bytes, bool expected)
    {
        using var answer = await _http.GetAsync($"/events?{query}", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        await _http.PutAsync(1, 1, ExecutionCalls.Execution($"head -c {bytes} /dev/urandom > out; echo said"));
        ExecutionEvent? end;
        do
        {
            var line = await reader.ReadLineAsync(Cancellation);
            end = line is { Length: > 0 } ? JsonSerializer.Deserialize(line, ContractsJson.Default.ExecutionEvent) : null;
        }
        while (end?.Execution?.State != ExecutionState.Completed);

        Assert.Equal(expected, end.Result is not null);
        if (end.Result is { } result)
        {
            await using var archive = new ZipArchive(new MemoryStream(result));
            Assert.Equal(["out", "run.sh", "stderr.log", "stdout.log"], archive.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
            Assert.Equal((await _http.ZipAsync("/executions/1/1/result")).Keys.Order(), archive.Entries.Select(e => e.FullName).Order());
        }
    }

    [Theory]
    [InlineData("/executions/0/1")]
    [InlineData("/executions/1/0")]
    [InlineData("/executions/a/b")]
    public async Task A_key_that_is_none_is_404(string path)
    {
        using var content = ExecutionCalls.Execution("true").ToContent();
        using var answer = await _http.PutAsync(path, content, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_cannot_be_used_is_told_as_problem_details()
    {
        using var content = new Form().Field(ExecutionRequest.FieldName, "{").File("run.sh", "true", field: "run.sh").ToContent();
        using var answer = await _http.PutAsync("/executions/1/1", content, Cancellation);
        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("Field 'execution' is not valid JSON", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var missing = await _http.GetAsync("/executions/1/1", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task A_result_is_there_at_the_end_and_may_be_deleted_only_then()
    {
        await _http.PutAsync(5, 2, ExecutionCalls.Execution($"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; mkdir locked; touch locked/file; chmod 000 locked"));
        using var early = await _http.GetAsync("/executions/5/2/result", Cancellation);
        using var refused = await _http.DeleteAsync("/executions/5/2", Cancellation);
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (early.StatusCode, refused.StatusCode));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        Assert.Equal(ExecutionState.Completed, (await _http.ReachesAsync(5, 2, ExecutionState.Completed)).State);
        Assert.Contains("run.sh", (await _http.ZipAsync("/executions/5/2/result")).Keys);
        using var deleted = await _http.DeleteAsync("/executions/5/2", Cancellation);
        using var again = await _http.DeleteAsync("/executions/5/2", Cancellation);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted.StatusCode, again.StatusCode));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "executions")));
    }

    [Fact]
    public async Task A_kill_right_after_the_start_leaves_it_killed_whatever_it_was_doing()
    {
        for (var job = 1; job <= 20; job++)
        {
            await _http.PutAsync(job, 1, ExecutionCalls.Execution("sleep 1000"));
            using var answer = await _http.PostAsync($"/executions/{job}/1/kill", null, Cancellation);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }

        for (var job = 1; job <= 20; job++)
        {
            Assert.Equal(ExecutionState.Killed, (await _http.ReachesAsync(job, 1, ExecutionState.Completed)).State);
        }

        await Processes.NoneLeftAsync(_directory.Path, Cancellation);
    }

    [Theory]
    [InlineData("trap '' TERM; while :; do sleep 0.1; done")]
    [InlineData("setsid sleep 1000 & nohup sleep 1000 & (setsid bash -c 'sleep 1000 & disown' &) ; wait")]
    [InlineData("sleep 1000 & kill -STOP $!; kill -STOP $$")]
    public async Task Kill_leaves_no_process_whatever_the_script_does_against_it(string script)
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution($"touch '{_directory.Path}/started'\n{script}"));
        await StartedAsync();
        using var answer = await _http.PostAsync("/executions/1/1/kill", null, Cancellation);
        Assert.Equal(ExecutionState.Killed, (await _http.ReachesAsync(1, 1, ExecutionState.Completed)).State);
        await Processes.NoneLeftAsync(_directory.Path, Cancellation);
    }

    [Fact]
    public async Task Daemons_left_behind_end_with_the_script_and_hold_no_slot()
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution("setsid sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 & exit 0"));
        Assert.Equal(ExecutionState.Completed, (await _http.ReachesAsync(1, 1, ExecutionState.Completed)).State);
        await Processes.NoneLeftAsync(_directory.Path, Cancellation);
    }

    [Fact]
    public async Task A_time_limit_ends_a_script_and_says_so()
    {
        var form = new Form().Field(ExecutionRequest.FieldName, """{"service":"example","timeLimit":"00:00:00.2"}""").File("run.sh", "sleep 1000", field: "run.sh");
        await _http.PutAsync(1, 1, form);
        var end = await _http.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Equal((ExecutionState.Failed, EndReason.TimedOut), (end.State, end.Reason));
    }

    [Fact]
    public async Task Running_and_waiting_executions_survive_a_restart_of_the_client()
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution($"touch '{_directory.Path}/started'; until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; exit 3"));
        await _http.PutAsync(2, 1, ExecutionCalls.Execution($"touch '{_directory.Path}/started-2'; exit 0"));
        await _http.PutAsync(3, 1, ExecutionCalls.Execution($"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done"));
        await StartedAsync();
        var epoch = (await _http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, Cancellation))!.Epoch;
        await StopAsync();
        await StartAsync();
        Assert.NotEqual(epoch, (await _http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, Cancellation))!.Epoch);
        Assert.Equal(ExecutionState.Running, (await _http.ReportAsync(1, 1)).State);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        var end = await _http.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Equal((ExecutionState.Failed, (int?)3), (end.State, end.ExitCode));
        Assert.Equal(ExecutionState.Completed, (await _http.ReachesAsync(2, 1, ExecutionState.Completed)).State);
        Assert.Equal(ExecutionState.Completed, (await _http.ReachesAsync(3, 1, ExecutionState.Completed)).State);
    }

    [Fact]
    public async Task An_execution_that_ended_while_no_client_was_there_is_told_by_the_next_one()
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution($"touch '{_directory.Path}/started'; until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done"));
        await StartedAsync();
        await StopAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        await Processes.NoneLeftAsync(_directory.Path, Cancellation);
        await StartAsync();
        Assert.Equal(ExecutionState.Completed, (await _http.ReachesAsync(1, 1, ExecutionState.Completed)).State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Defect_4_when_the_launcher_is_killed_the_execution_is_lost_and_nothing_of_it_is_left(bool clientDiesToo)
    {
        await _http.PutAsync(1, 1, ExecutionCalls.Execution($"setsid sleep 1000 & sleep 1000 & touch '{_directory.Path}/started'; wait"));
        await StartedAsync();
        if (clientDiesToo)
        {
            await StopAsync();
        }

        var launcher = Processes.WithMarker(_directory.Path).Single(p => p.Value.Contains("JobOrchestrator.Launcher", StringComparison.Ordinal)).Key;
        Processes.Signal(launcher, Processes.SigKill);
        if (clientDiesToo)
        {
            await StartAsync();
        }

        var end = await _http.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Equal(ExecutionState.Lost, end.State);
        await Processes.NoneLeftAsync(_directory.Path, Cancellation);
    }

    private async Task StartedAsync()
    {
        while (!File.Exists(Path.Combine(_directory.Path, "started")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }
    }

    private async Task StartAsync()
    {
        _client = await TestClient.StartAsync(Data, "SLOTS=2", "KILL_GRACE=1");
        _http = new HttpClient { BaseAddress = _client.Address };
    }

    private async Task StopAsync()
    {
        _http.Dispose();
        await _client.DisposeAsync();
    }

    private async Task RecordSaysAsync(int job, ExecutionState state)
    {
        var path = Path.Combine(Data, "executions", $"{job}-1", "execution.json");
        while (!(await File.ReadAllTextAsync(path, Cancellation)).Contains($"\"{state}\"", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }
}
