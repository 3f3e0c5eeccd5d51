using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>Submit, list, show and cancel on the v1 API, with real clients.</summary>
public sealed class V1JobTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(
        settings: ["SERVICE_EXAMPLE_TIME_LIMIT=3600"], clientSettings: ["KILL_GRACE=1", "SLOTS=2"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task A_job_tells_what_was_asked_for_and_the_whole_story_of_its_life()
    {
        var form = Form.Job("echo out; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3", userId: -7)
            .Field("name", "dock 2oob").Field("priority", "5").Field("timeout", "60").Field("max_attempts", "2").Field("tags", "run=1, night")
            .Field("tags", "night,b").Field("cpus", "0.5").Field("memory", "512M");
        var submitted = await Http.SubmitV1Async(form);
        Assert.Equal((JobStatus.Queued, -7, "example", "dock 2oob", 5), (submitted.State, submitted.UserId, submitted.Service, submitted.Name, submitted.Priority));
        Assert.Equal(["run=1", "night", "b"], submitted.Tags);
        Assert.Equal(new JobLimits { TimeoutSeconds = 60, MaxAttempts = 2, Cpus = 0.5, MemoryBytes = 512 << 20 }, submitted.Limits);

        var job = await Http.JobEndAsync(submitted.Id);
        Assert.Equal((JobStatus.Failed, EndReason.Exited, 3, 1), (job.State, job.Reason, job.ExitCode, job.Attempt));
        Assert.Contains("exit code 3", job.Message, StringComparison.Ordinal);
        Assert.True(job.QueuedAt <= job.StartedAt && job.StartedAt <= job.EndedAt, $"{job}");
        Assert.InRange(job.Resources!.CpuSeconds!.Value, 0.001, 60);
        Assert.InRange(job.Resources.PeakMemoryBytes!.Value, 100_000, 1L << 33);
        Assert.True(job.Resources.WallSeconds > 0);
        Assert.NotNull(job.SandboxTier);
        Assert.True(job.HasResult);
        var attempt = Assert.Single(job.Attempts!);
        Assert.Equal((1, _system.Clients[0].Address.ToString().TrimEnd('/'), EndReason.Exited), (attempt.Number, attempt.Client, attempt.Reason));
        Assert.Equal([JobStatus.Queued, JobStatus.Processing], job.History!.Take(2).Select(h => h.State));
        Assert.Equal(JobStatus.Failed, job.History![^1].State);
        Assert.Equal(job.History.OrderBy(h => h.At), job.History);
    }

    [Theory]
    [InlineData("priority", "high", "must be a whole number from -100 to 100")]
    [InlineData("priority", "101", "must be a whole number from -100 to 100")]
    [InlineData("timeout", "0", "must be a whole number from 1")]
    [InlineData("timeout", "3601", "allows at most 3600 s")]
    [InlineData("max_attempts", "4", "allows at most 3")]
    [InlineData("cpus", "0", "must be a number above 0")]
    [InlineData("cpus", "NaN", "must be a number above 0")]
    [InlineData("memory", "lots", "such as 512M or 4G")]
    [InlineData("memory", "9999999999999999T", "such as 512M or 4G")]
    [InlineData("tags", "a b", "Tag 'a b' must have")]
    [InlineData("name", "", "1 to 200 characters")]
    [InlineData("name", "a\nb", "control character")]
    [InlineData("pripority", "1", "There is no field 'pripority'")]
    [InlineData("service", "nowhere", "Invalid service")]
    [InlineData("user_id", "me", "Invalid user_id")]
    public async Task A_wrong_field_is_named(string field, string value, string detail)
    {
        using var content = Form.Job("true").Field(field, value).ToContent();
        Assert.Contains(detail, await Http.ProblemAsync(HttpMethod.Post, "/jobs", HttpStatusCode.BadRequest, "invalid_upload", content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_is_no_multipart_is_refused()
    {
        using var content = new StringContent("{}");
        Assert.Contains("multipart/form-data", await Http.ProblemAsync(HttpMethod.Post, "/jobs", HttpStatusCode.BadRequest, "invalid_upload", content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_timeout_of_a_job_ends_it()
    {
        var job = await Http.JobEndAsync((await Http.SubmitV1Async(Form.Job("sleep 1000").Field("timeout", "1"))).Id);
        Assert.Equal((JobStatus.Failed, EndReason.TimedOut), (job.State, job.Reason));
        Assert.Contains("limit of 1 s", job.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_page_by_page_and_by_filter()
    {
        var ids = new List<int>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add((await Http.SubmitV1Async(Form.Job(i % 2 == 0 ? "true" : "exit 1", userId: i % 3).Field("tags", i > 3 ? "late,all" : "all"))).Id);
        }

        foreach (var id in ids)
        {
            await Http.JobEndAsync(id);
        }

        ids.Reverse();
        var seen = new List<int>();
        string? cursor = null;
        do
        {
            var page = await Http.GetV1Async($"/jobs?limit=3{(cursor is null ? "" : "&cursor=" + cursor)}", V1Json.Default.JobPage);
            Assert.InRange(page.Jobs.Count, 1, 3);
            seen.AddRange(page.Jobs.Select(j => j.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(ids, seen);

        Assert.Equal([ids[1], ids[3], ids[5]], await ListAsync("state=failed"));
        Assert.Equal(ids, await ListAsync("state=failed,Completed"));
        Assert.Equal([], await ListAsync("state=queued,running,processing,submitted"));
        Assert.Equal([ids[2], ids[5]], await ListAsync("user_id=1"));
        Assert.Equal([ids[2]], await ListAsync("user_id=1&state=completed"));
        Assert.Equal(ids[..3], await ListAsync("tag=late"));
        Assert.Equal([ids[2]], await ListAsync("tag=late&user_id=1"));
        Assert.Equal(ids, await ListAsync("service=Example&tag=all"));
        Assert.Equal([], await ListAsync("service=other"));
        var third = await Http.GetV1Async($"/jobs/{ids[4]}", V1Json.Default.JobRecord);
        var time = Uri.EscapeDataString(third.QueuedAt.ToOffset(TimeSpan.FromHours(2)).ToString("O", CultureInfo.InvariantCulture));
        Assert.Equal(ids[..5], await ListAsync("created_after=" + time));
        Assert.Equal(ids[5..], await ListAsync("created_before=" + time));
        Assert.Equal([], await ListAsync("created_after=2999-01-01"));

        async Task<IEnumerable<int>> ListAsync(string filter) =>
            (await Http.GetV1Async("/jobs?" + filter, V1Json.Default.JobPage)).Jobs.Select(j => j.Id);
    }

    [Theory]
    [InlineData("limit=0", "'limit' is 0, but must be from 1 to 500")]
    [InlineData("limit=many", "Parameter 'limit' cannot be 'many'; it must be a whole number.")]
    [InlineData("user_id=x", "Parameter 'user_id' cannot be 'x'; it must be a whole number.")]
    [InlineData("state=asleep", "'state' contains 'asleep'; it is a comma-separated list of queued, processing")]
    [InlineData("created_after=yesterday", "Parameter 'created_after' cannot be 'yesterday'; it must be a time like 2026-01-31T12:00:00Z.")]
    [InlineData("created_after=2026-01-02&created_before=2026-01-01", "'created_after' must be earlier than 'created_before'")]
    [InlineData("cursor=-", "'cursor' must be the next_cursor")]
    public async Task A_wrong_parameter_is_named(string query, string detail) => Assert.Contains(
        detail, await Http.ProblemAsync(HttpMethod.Get, "/jobs?" + query, HttpStatusCode.BadRequest, "invalid_parameter"), StringComparison.Ordinal);

    [Fact]
    public async Task Cancelling_ends_a_running_job_is_idempotent_and_too_late_for_an_ended_one()
    {
        var job = await Http.SubmitV1Async(Form.Job("echo begun; sleep 1000"));
        await Http.JobUntilAsync(job.Id, j => j.State == JobStatus.Running);
        for (var i = 0; i < 2; i++)
        {
            using var answer = await Http.DeleteAsync($"/api/v1/jobs/{job.Id}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        var killed = await Http.JobUntilAsync(job.Id, j => j.HasResult);
        Assert.Equal((JobStatus.Killed, EndReason.Cancelled), (killed.State, killed.Reason));
        var done = await Http.JobEndAsync((await Http.SubmitV1Async(Form.Job("true"))).Id);
        Assert.Contains("completed", await Http.ProblemAsync(HttpMethod.Delete, $"/jobs/{done.Id}", HttpStatusCode.Conflict, "already_ended"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_submission_under_the_same_key_is_one_job_and_another_one_is_refused()
    {
        var form = Form.Job("true").Field("tags", "a");
        var answers = new[] { await SendAsync(form), await SendAsync(form) };
        var ids = new List<int>();
        foreach (var answer in answers)
        {
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            ids.Add((await answer.Content.ReadFromJsonAsync(V1Json.Default.JobRecord, TestContext.Current.CancellationToken))!.Id);
        }

        Assert.Equal(ids[0], ids[1]);
        using var other = await SendAsync(Form.Job("true").Field("tags", "b"));
        await other.ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");

        async Task<HttpResponseMessage> SendAsync(Form job)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Content = job.ToContent() };
            request.Headers.Add("Idempotency-Key", "one");
            return await Http.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_drained_client_gets_nothing_new_until_it_is_resumed()
    {
        var client = Assert.Single((await Http.GetV1UntilAsync("/clients", V1Json.Default.ClientList, l => l.Clients.Any(c => c.Health == ClientHealth.Healthy))).Clients);
        Assert.Equal(ClientHealth.Draining, await PostAsync(client.Name, "drain"));
        var job = await Http.SubmitV1Async(Form.Job("true"));
        Assert.Equal(ClientHealth.Healthy, await PostAsync(new Uri(client.Address).Authority, "resume"));
        Assert.Equal(JobStatus.Completed, (await Http.JobEndAsync(job.Id)).State);
        await Http.ProblemAsync(HttpMethod.Post, "/clients/nobody/drain", HttpStatusCode.NotFound, "client_not_found");

        async Task<ClientHealth> PostAsync(string name, string verb)
        {
            using var answer = await Http.PostAsync($"/api/v1/clients/{Uri.EscapeDataString(name)}/{verb}", null, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return (await answer.Content.ReadFromJsonAsync(V1Json.Default.ClientRecord, TestContext.Current.CancellationToken))!.Health;
        }
    }

    [Theory]
    [InlineData("GET", "/jobs/4711", HttpStatusCode.NotFound, "job_not_found")]
    [InlineData("DELETE", "/jobs/4711", HttpStatusCode.NotFound, "job_not_found")]
    [InlineData("GET", "/jobs/4711/result", HttpStatusCode.NotFound, "job_not_found")]
    [InlineData("GET", "/jobs/4711/files", HttpStatusCode.NotFound, "job_not_found")]
    [InlineData("GET", "/jobs/4711/files/a", HttpStatusCode.NotFound, "job_not_found")]
    [InlineData("GET", "/jobs/abc", HttpStatusCode.NotFound, "not_found")]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "not_found")]
    [InlineData("GET", "/problems/none", HttpStatusCode.NotFound, "not_found")]
    [InlineData("PATCH", "/jobs", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    public async Task Errors_are_problem_details(string method, string path, HttpStatusCode status, string code) =>
        await Http.ProblemAsync(new HttpMethod(method), path, status, code);

    [Fact]
    public async Task Services_and_clients_tell_their_limits_and_load()
    {
        var job = await Http.SubmitV1Async(Form.Job("sleep 1000", userId: 3));
        await Http.JobUntilAsync(job.Id, j => j.State == JobStatus.Running);
        var service = Assert.Single((await Http.GetV1Async("/services", V1Json.Default.ServiceList)).Services);
        Assert.Equal(("example", 10, 5, 1000, 3, 3600.0), (service.Name, service.MaxRuns, service.RunsPerUser, service.QueuedPerUser, service.MaxAttempts, service.TimeLimitSeconds));
        Assert.Equal((0, 1, 1), (service.Waiting, service.Running, service.HealthyClients));
        Assert.Equal(new UserLoad { UserId = 3, Waiting = 0, Running = 1 }, Assert.Single(service.Users));
        var client = Assert.Single((await Http.GetV1Async("/clients", V1Json.Default.ClientList)).Clients);
        Assert.Equal(ClientHealth.Healthy, client.Health);
        Assert.Equal((Environment.MachineName, Assert.Single(service.Clients), ClientHealth.Healthy, false), (client.Name, client.Address, client.Health, client.Classic));
        Assert.Equal((2, 1), (client.Slots, client.Jobs));
        Assert.True(client is { MemoryTotalBytes: > 0, DiskFreeBytes: > 0, SandboxTier: not null, Version: not null }, $"{client}");
        Assert.Equal(["example"], client.Services);
    }
}
