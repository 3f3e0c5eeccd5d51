using System.Diagnostics;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>One trace per job, whoever does its parts.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly SpanRecorder _recorder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _recorder.Dispose();

    [Fact]
    public async Task A_jobs_spans_from_upload_to_download_have_one_root()
    {
        await using var system = await TestSystem.StartAsync(settings: ["SERVICE_EXAMPLE_TIME_LIMIT=77"]);
        var id = await system.Http.SubmitAsync(Form.Job("exit 3"));
        await system.Http.EndAsync(id);
        var failed = await FindAsync(system, id);
        var spans = await _recorder.TraceAsync(failed.TraceId!, "job.collect", "execution.run");

        Assert.Equal(
            ["execution.queue", "execution.run", "execution.start", "execution.validate", "job.collect", "job.dispatch", "job.queue", "job.schedule", "job.upload"],
            spans.Select(s => s.OperationName).Where(n => n.StartsWith("job.", StringComparison.Ordinal) || n.StartsWith("execution.", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        var root = Assert.Single(spans, s => s.ParentSpanId == default);
        Assert.Equal(ActivityKind.Client, root.Kind); // this test's own request
        var upload = Assert.Single(spans, s => s.Kind == ActivityKind.Server && s.ParentSpanId == root.SpanId);
        Assert.All(spans.Where(s => s.OperationName.StartsWith("job.", StringComparison.Ordinal)), s => Assert.Equal(upload.SpanId, s.ParentSpanId));
        var known = spans.Select(s => s.SpanId).ToHashSet();
        Assert.All(spans.Where(s => s != root), s => Assert.Contains(s.ParentSpanId, known));

        var dispatch = Find(spans, "job.dispatch");
        Assert.All(spans.Where(s => s.OperationName.StartsWith("execution.", StringComparison.Ordinal)), s => Assert.Equal(dispatch.SpanId, s.ParentSpanId));
        Assert.All(
            spans.Where(s => s.OperationName.StartsWith("job.", StringComparison.Ordinal) || s.OperationName.StartsWith("execution.", StringComparison.Ordinal)),
            s => Assert.Equal((id, "example"), ((int)s.GetTagItem("job.id")!, (string)s.GetTagItem("job.service")!)));
        var run = Find(spans, "execution.run");
        Assert.Equal(
            ("failed", "exited", 77.0, 3),
            ((string)run.GetTagItem("job.outcome")!, (string)run.GetTagItem("job.reason")!, (double)run.GetTagItem("job.limit.time")!, (int)run.GetTagItem("process.exit.code")!));
        Assert.Equal(failed.SandboxTier, run.GetTagItem("sandbox.tier"));
        var collect = Find(spans, "job.collect");
        Assert.Equal((failed.Client, "failed"), ((string?)collect.GetTagItem("client.node"), (string?)collect.GetTagItem("job.outcome")));
    }

    [Fact]
    public async Task Steps_that_are_over_when_they_are_told_have_the_times_they_had()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["SLOTS=1"]);
        var id = await system.Http.SubmitAsync(Form.Job("true"));
        await system.Http.EndAsync(id);
        var job = await FindAsync(system, id);
        var spans = await _recorder.TraceAsync(job.TraceId!, "job.collect", "execution.run");

        var (queue, schedule, dispatch) = (Find(spans, "job.queue"), Find(spans, "job.schedule"), Find(spans, "job.dispatch"));
        Assert.Equal(job.QueuedAt.UtcDateTime, queue.StartTimeUtc);
        Assert.Equal(queue.StartTimeUtc + queue.Duration, schedule.StartTimeUtc);
        Assert.True(schedule.StartTimeUtc + schedule.Duration <= dispatch.StartTimeUtc);
        var run = Find(spans, "execution.run");
        Assert.Equal(job.StartedAt!.Value.UtcDateTime, run.StartTimeUtc);
        Assert.True(run.Duration > TimeSpan.Zero);
        Assert.True(run.StartTimeUtc + run.Duration <= job.EndedAt!.Value.UtcDateTime);
    }

    [Fact]
    public async Task A_download_is_part_of_the_jobs_trace_and_linked_to_the_request()
    {
        await using var system = await TestSystem.StartAsync();
        var id = await system.Http.SubmitAsync(Form.Job("echo hello"));
        await system.Http.EndAsync(id);
        await system.Http.ZipAsync($"/download/{id}");
        var job = await FindAsync(system, id);
        var spans = await _recorder.TraceAsync(job.TraceId!, "job.download");
        var download = spans.First(s => s.OperationName == "job.download");
        Assert.Equal(ActivityTraceId.CreateFromString(job.TraceId!), download.TraceId);
        Assert.NotEqual(job.TraceId, Assert.Single(download.Links).Context.TraceId.ToHexString());
    }

    [Fact]
    public async Task A_trace_begun_by_the_caller_goes_on()
    {
        const string caller = "4bf92f3577b34da6a3ce929d0e0e4736";
        await using var system = await TestSystem.StartAsync();
        using var content = Form.Job("true").ToContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = content };
        request.Headers.Add("traceparent", $"00-{caller}-00f067aa0ba902b7-01");
        using var answer = await system.Http.SendAsync(request, Cancellation);
        var id = (await answer.StatusBodyAsync()).Id;
        await system.Http.EndAsync(id);
        Assert.Equal(caller, (await FindAsync(system, id)).TraceId);
        await _recorder.TraceAsync(caller, "job.upload", "job.dispatch", "execution.run", "job.collect");
    }

    [Fact]
    public async Task A_repeated_attempt_is_linked_to_the_one_before()
    {
        await using var client = await ClassicClientDouble.StartAsync();
        using var directory = new TemporaryDirectory();
        await using var server = await TestServer.StartAsync(directory.Path, client.ServiceSettings);
        var id = await server.Http.SubmitAsync(Form.Job("true"));
        client.Forget(await client.ArrivedAsync(1));
        client.Set(await client.ArrivedAsync(1), "Completed");
        await server.Http.EndAsync(id);
        var job = (await server.Get<JobStore>().FindAsync(id, Cancellation))!;
        var spans = await _recorder.TraceAsync(job.TraceId!, "job.collect");

        var dispatches = spans.Where(s => s.OperationName == "job.dispatch").OrderBy(s => s.StartTimeUtc).ToArray();
        Assert.Equal([1, 2], dispatches.Select(d => (int)d.GetTagItem("job.attempt")!));
        Assert.Empty(dispatches[0].Links);
        Assert.Equal(dispatches[0].SpanId, Assert.Single(dispatches[1].Links).Context.SpanId);
        var waits = spans.Where(s => s.OperationName == "job.queue").OrderBy(s => s.StartTimeUtc).ToArray();
        Assert.True(waits[1].StartTimeUtc >= dispatches[0].StartTimeUtc);
    }

    private static Activity Find(IEnumerable<Activity> spans, string name) => Assert.Single(spans, s => s.OperationName == name);

    private static async Task<Job> FindAsync(TestSystem system, int id) => (await system.Server.Get<JobStore>().FindAsync(id, Cancellation))!;
}
