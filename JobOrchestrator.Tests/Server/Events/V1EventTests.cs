using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Events;

/// <summary>The event stream, with real clients.</summary>
public sealed class V1EventTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task Every_change_of_every_job_comes_once_in_order_across_reconnects_and_a_restart()
    {
        var seen = new List<JobEventRecord>();
        var ids = new List<int>();
        string? last = "0";
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                ids.Add((await Http.SubmitV1Async(Form.Job(i == 1 ? "exit 4" : "true", userId: i))).Id);
            }

            // The connection breaks while events are still coming.
            var until = ids[^2];
            await foreach (var item in Http.EventsAsync("/events", last))
            {
                last = item.EventId ?? last;
                Assert.Equal("job", item.EventType);
                seen.Add(item.Data(V1Json.Default.JobEventRecord));
                if (seen[^1].JobId == until && seen[^1].State.IsEnd())
                {
                    break;
                }
            }

            if (round == 1)
            {
                await _system.RestartServerAsync();
            }
        }

        foreach (var id in ids)
        {
            await Http.JobEndAsync(id);
        }

        var (_, latest) = await _system.Server.Get<EventLog>().BoundsAsync(Cancellation);
        await foreach (var item in Http.EventsAsync("/events", last))
        {
            seen.Add(item.Data(V1Json.Default.JobEventRecord));
            if (seen[^1].Sequence == latest)
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)latest).Select(n => (long)n), seen.Select(e => e.Sequence));
        foreach (var id in ids)
        {
            var states = seen.Where(e => e.JobId == id).Select(e => e.State).ToList();
            Assert.Equal([JobStatus.Queued, JobStatus.Processing], states.Take(2));
            Assert.True(states[^1].IsEnd(), $"{id} ended with {states[^1]}");
        }

        var failed = seen.First(e => e.State == JobStatus.Failed);
        Assert.Equal((EndReason.Exited, 4, true, 1, "example"), (failed.Reason, failed.ExitCode, failed.HasResult, failed.UserId, failed.Service));
        Assert.NotNull(failed.Client);
        Assert.Contains("exit code 4", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filtered_stream_shows_only_what_was_asked_for_as_it_happens()
    {
        await using var events = Http.EventsAsync("/events?user_id=2&service=Example").GetAsyncEnumerator(Cancellation);
        var first = events.MoveNextAsync();
        var other = await Http.SubmitV1Async(Form.Job("true", userId: 1));
        var own = await Http.SubmitV1Async(Form.Job("true", userId: 2));
        await Http.JobEndAsync(other.Id);
        var states = new List<JobStatus>();
        for (var more = await first; more; more = await events.MoveNextAsync())
        {
            var change = events.Current.Data(V1Json.Default.JobEventRecord);
            Assert.Equal(own.Id, change.JobId);
            states.Add(change.State);
            if (change.State.IsEnd())
            {
                break;
            }
        }

        Assert.Equal(JobStatus.Completed, states[^1]);
    }

    [Fact]
    public async Task A_reader_whose_position_is_not_on_record_is_told_so()
    {
        var job = await Http.SubmitV1Async(Form.Job("true"));
        await Http.JobEndAsync(job.Id);
        var log = _system.Server.Get<EventLog>();
        var (_, latest) = await log.BoundsAsync(Cancellation);
        Assert.True(await log.TrimAsync(1, Cancellation) > 0);
        foreach (var position in (string[])["1", $"{latest + 100}"])
        {
            await foreach (var item in Http.EventsAsync("/events", position))
            {
                Assert.Equal(("reset", latest), (item.EventType, item.Data(V1Json.Default.EventReset).Sequence));
                break;
            }
        }

        await Http.ProblemAsync(HttpMethod.Get, "/events?job_id=x", System.Net.HttpStatusCode.BadRequest, "invalid_parameter");
    }
}
