using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>Kills, time limits and ends that happen at the same moment.</summary>
[Trait("Category", "Slow")]
public class RaceTests
{
    private const int Races = 500;
    private const int AtOnce = 8;
    private const int Seed = 20261125;

    [Fact]
    public async Task Five_hundred_races_leave_no_process_no_slot_and_no_directory()
    {
        Assert.SkipWhen(LandlockTier.Missing() is not null, LandlockTier.Missing() ?? "");
        var cancellation = TestContext.Current.CancellationToken;
        await using var client = await ConformanceClient.StartAsync("landlock");
        var word = "race" + Guid.NewGuid().ToString("N");
        var plan = new Random(Seed);
        var races = Enumerable.Range(1, Races).Select(job => (Job: job, Limit: plan.Next(3) == 0 ? plan.Next(5, 60) : (int?)null, Kill: plan.Next(3) == 0 ? plan.Next(0, 60) : (int?)null, End: plan.Next(0, 60), Daemon: plan.Next(2) == 0)).ToArray();
        await Parallel.ForEachAsync(races, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (race, token) =>
        {
            var daemon = race.Daemon ? $"setsid bash -c 'trap \"\" TERM; exec -a {word} sleep 300' & " : "";
            using var content = new Form()
                .Field(ExecutionRequest.FieldName, JsonSerializer.Serialize(
                    new ExecutionRequest("example", race.Limit is { } limit ? TimeSpan.FromMilliseconds(limit) : null), ContractsJson.Default.ExecutionRequest))
                .File("run.sh", $"{daemon}sleep 0.0{race.End:00}; exit 3", field: "run.sh").ToContent();
            using var accepted = await client.Http.PutAsync($"/executions/{race.Job}/1", content, token);
            accepted.EnsureSuccessStatusCode();
            if (race.Kill is { } after)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(after), TimeProvider.System, token);
                using var killed = await client.Http.PostAsync($"/executions/{race.Job}/1/kill", null, token);
            }

            var report = await EndAsync(client.Http, race.Job, token);
            var allowed = new List<(ExecutionState, EndReason)> { (ExecutionState.Failed, EndReason.Exited) };
            allowed.AddRange(race.Limit is null ? [] : [(ExecutionState.Failed, EndReason.TimedOut)]);
            allowed.AddRange(race.Kill is null ? [] : [(ExecutionState.Killed, EndReason.Cancelled)]);
            Assert.Contains((report.State, report.Reason), allowed);
            using var deleted = await client.Http.DeleteAsync($"/executions/{race.Job}/1", token);
            deleted.EnsureSuccessStatusCode();
        });
        var status = await client.Http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, cancellation);
        Assert.Equal((0, 0), (status!.Running, status.Queued));
        Assert.Empty(Processes.WithMarker(word));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(client.DataPath, "executions")));
    }

    [Theory]
    [InlineData("landlock")]
    [InlineData("bubblewrap")]
    public async Task A_running_job_survives_the_client_in_every_tier_and_its_real_end_is_told(string tier)
    {
        var missing = tier == "landlock" ? LandlockTier.Missing() : BubblewrapTier.Missing();
        Assert.SkipWhen(missing is not null, missing ?? "");
        var cancellation = TestContext.Current.CancellationToken;
        using var directory = new TemporaryDirectory();
        await using (var first = await TestClient.StartAsync(directory.Path, "SANDBOX=" + tier))
        {
            using var http = new HttpClient { BaseAddress = first.Address };
            await http.PutAsync(1, 1, ExecutionCalls.Execution("until [ -e go ]; do sleep 0.02; done; exit 5"));
            await http.ReachesAsync(1, 1, ExecutionState.Running);
        }

        await using var second = await TestClient.StartAsync(directory.Path, "SANDBOX=process");
        using var again = new HttpClient { BaseAddress = second.Address };
        Assert.Equal(ExecutionState.Running, (await again.ReportAsync(1, 1)).State);
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "executions", "1-1", "work", "go"), "", cancellation);
        var end = await again.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Equal((ExecutionState.Failed, 5, tier), (end.State, end.ExitCode, end.SandboxTier));
    }

    [Fact]
    public async Task Without_the_tier_asked_for_the_client_takes_no_job_and_says_why()
    {
        using var directory = new TemporaryDirectory();
        await using var client = await TestClient.StartAsync(directory.Path, "SANDBOX=process", "SANDBOX_REQUIRE=landlock");
        using var http = new HttpClient { BaseAddress = client.Address };
        var (code, _) = await http.PutAsync(1, 1, ExecutionCalls.Execution("true"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        var status = await http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, TestContext.Current.CancellationToken);
        Assert.Equal("none", status!.SandboxTier);
        Assert.Contains("landlock is required", status.Problem, StringComparison.Ordinal);
        using var health = await http.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
    }

    private static async Task<ExecutionReport> EndAsync(HttpClient http, int job, CancellationToken cancellation)
    {
        while (true)
        {
            var report = await http.GetFromJsonAsync($"/executions/{job}/1", ContractsJson.Default.ExecutionReport, cancellation);
            if (report!.State.IsFinal())
            {
                return report;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellation);
        }
    }
}
