using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Explain;

/// <summary>Why a job waits or how it ended, with real clients.</summary>
public sealed class V1ExplainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_waiting_job_names_the_limit_that_holds_it_and_its_place()
    {
        await using var system = await TestSystem.StartAsync(
            settings: ["SERVICE_EXAMPLE_RUNS_PER_USER=1", "SERVICE_EXAMPLE_MAX_RUNS=2"], clientSettings: ["SLOTS=4", "KILL_GRACE=1"]);
        var http = system.Http;
        await http.JobEndAsync((await http.SubmitV1Async(Form.Job("sleep 0.1"))).Id);
        var running = await http.SubmitV1Async(Form.Job("sleep 1000"));
        await http.JobUntilAsync(running.Id, j => j.State == JobStatus.Running);
        await http.SubmitV1Async(Form.Job("sleep 1000"));
        var third = await ExplainAsync(http, (await http.SubmitV1Async(Form.Job("true"))).Id);
        Assert.Equal((WaitCause.UserLimit, 1, 2), (third.Waiting!.Cause, third.Waiting.OwnJobsAhead, third.Waiting.Position));
        Assert.Contains("User 1 already runs 1 jobs in service 'example', which is the limit of one user.", third.Summary, StringComparison.Ordinal);
        Assert.True(third.Waiting.EstimateSeconds > 0 && third.Waiting.EstimateBasis!.Contains("(median)", StringComparison.Ordinal), $"{third.Waiting}");
        Assert.NotEmpty(third.Advice);

        var other = await http.SubmitV1Async(Form.Job("sleep 1000", userId: 2));
        await http.JobUntilAsync(other.Id, j => j.State == JobStatus.Running);
        var held = await ExplainAsync(http, (await http.SubmitV1Async(Form.Job("true", userId: 3))).Id);
        Assert.Equal(WaitCause.ServiceLimit, held.Waiting!.Cause);
        Assert.Contains("already runs 2 jobs, which is its limit", held.Summary, StringComparison.Ordinal);
        Assert.Contains("It runs", (await ExplainAsync(http, running.Id)).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_without_a_client_says_which_ones_are_missing_and_one_before_full_ones_that_they_are_full()
    {
        await using var alone = await TestSystem.StartAsync(clients: 0);
        var waiting = await alone.Http.SubmitV1Async(Form.Job("true"));
        var missing = await ExplainAsync(alone.Http, waiting.Id);
        Assert.Equal(WaitCause.NoClient, missing.Waiting!.Cause);
        Assert.Contains("http://127.0.0.1:1", missing.Summary, StringComparison.Ordinal);

        await using var system = await TestSystem.StartAsync(clientSettings: ["SLOTS=1", "KILL_GRACE=1"]);
        var first = await system.Http.SubmitV1Async(Form.Job("sleep 1000"));
        await system.Http.JobUntilAsync(first.Id, j => j.State == JobStatus.Running);
        var next = await ExplainAsync(system.Http, (await system.Http.SubmitV1Async(Form.Job("true"))).Id);
        Assert.Equal((WaitCause.NoFreeSlot, 1), (next.Waiting!.Cause, next.Waiting.Position));
        Assert.Contains("It is the next in line.", next.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ended_job_says_whose_doing_it_was_and_what_to_do()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1"]);
        var http = system.Http;
        var done = await EndAsync("true");
        Assert.Equal(Fault.None, done.Ending!.Fault);
        var missing = await EndAsync("no-such-program");
        Assert.Equal((Fault.Script, 127), (missing.Ending!.Fault, missing.Ending.ExitCode));
        Assert.Contains("no-such-program: command not found", missing.Ending.LastWords, StringComparison.Ordinal);
        Assert.Contains(missing.Advice, a => a.Contains("was not found", StringComparison.Ordinal));
        var faulty = await EndAsync("kill -SEGV $$");
        Assert.Equal((Fault.Script, 11), (faulty.Ending!.Fault, faulty.Ending.Signal));
        Assert.Contains("attempt 1", faulty.Summary, StringComparison.Ordinal);
        Assert.Contains("sent", (await EndAsync("i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo \"noise $i\" >&2; done; echo sent >&2; exit 1")).Ending!.LastWords!.Split('\n')[^1], StringComparison.Ordinal);
        var cancelled = await http.SubmitV1Async(Form.Job("sleep 1000"));
        using var answer = await http.DeleteAsync($"/api/v1/jobs/{cancelled.Id}", Cancellation);
        Assert.Equal(Fault.User, (await ExplainAsync(http, cancelled.Id)).Ending!.Fault);

        async Task<Explanation> EndAsync(string script)
        {
            var job = await http.JobEndAsync((await http.SubmitV1Async(Form.Job(script))).Id);
            return await ExplainAsync(http, job.Id);
        }
    }

    private static Task<Explanation> ExplainAsync(HttpClient http, int id) => http.GetV1Async($"/jobs/{id}/explain", V1Json.Default.Explanation);
}
