using System.IO.Compression;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Launcher;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Executions;

/// <summary>A client as a process of its own is killed with SIGKILL, in each tier; the next one knows all that became of its executions.</summary>
public sealed class ReadoptionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(LaunchTier.Process)]
    [InlineData(LaunchTier.Landlock)]
    [InlineData(LaunchTier.Bubblewrap)]
    public async Task What_runs_goes_on_what_ended_is_told_and_exit_codes_and_results_are_the_real_ones(LaunchTier tier)
    {
        Tiers.SkipWithout(tier);
        var name = SandboxStatus.NameOf(tier);
        await using var client = new Daemon("JobOrchestrator.Client", FreePort.Choose(), new Dictionary<string, string>
        {
            ["DATA_PATH"] = _directory.Path,
            ["SANDBOX"] = name,
            ["SLOTS"] = "3",
        });
        await client.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = client.Address };
        const string goOn = "echo $$ > id; until [ -e go ]; do sleep 0.02; done; echo $$ >> id;";
        await http.PutAsync(1, 1, ExecutionCalls.Execution($"{goOn} echo late > after; exit 7"));
        await http.PutAsync(2, 1, ExecutionCalls.Execution($"{goOn} echo meanwhile > after; exit 9"));
        await http.PutAsync(3, 1, ExecutionCalls.Execution($"{goOn} kill -KILL $$"));
        await http.PutAsync(4, 1, ExecutionCalls.Execution("echo waited > after")); // no slot is left
        foreach (var job in new[] { 1, 2, 3 })
        {
            await Until.HoldsAsync(() => File.Exists(Path.Combine(Work(job), "id")));
        }

        await client.KillAsync(Cancellation);
        Go(2);
        await Until.HoldsAsync(() => File.Exists(Path.Combine(_directory.Path, "executions", "2-1", "control", LaunchResult.FileName)));
        await client.StartAsync(Cancellation);

        var ended = await http.ReachesAsync(2, 1, ExecutionState.Completed);
        Assert.Equal((ExecutionState.Failed, EndReason.Exited, 9, name), (ended.State, ended.Reason, ended.ExitCode, ended.SandboxTier));
        Assert.Equal("meanwhile", await ResultAsync(http, 2, "after"));
        var running = await http.ReportAsync(1, 1);
        Assert.Equal((ExecutionState.Running, name), (running.State, running.SandboxTier));

        Go(1);
        Go(3);
        ended = await http.ReachesAsync(1, 1, ExecutionState.Completed);
        Assert.Equal((ExecutionState.Failed, EndReason.Exited, 7, name), (ended.State, ended.Reason, ended.ExitCode, ended.SandboxTier));
        Assert.Equal("late", await ResultAsync(http, 1, "after"));
        var ids = (await ResultAsync(http, 1, "id")).Split('\n');
        Assert.Equal(ids[0], Assert.Single(ids[1..])); // the same shell went on; it was not started again
        ended = await http.ReachesAsync(3, 1, ExecutionState.Completed);
        Assert.Equal(tier == LaunchTier.Bubblewrap ? (ExecutionState.Failed, 137, (int?)null) : (ExecutionState.Failed, null, 9), (ended.State, ended.ExitCode, ended.Signal));
        ended = await http.ReachesAsync(4, 1, ExecutionState.Completed);
        Assert.Equal((ExecutionState.Completed, (int?)0), (ended.State, ended.ExitCode));
        await Processes.NoneLeftAsync(Path.Combine(_directory.Path, "executions"), Cancellation);
    }

    private static async Task<string> ResultAsync(HttpClient http, int job, string file)
    {
        await using var zip = new ZipArchive(new MemoryStream(await http.GetByteArrayAsync($"/executions/{job}/1/result", Cancellation)));
        using var reader = new StreamReader(await zip.GetEntry(file)!.OpenAsync(Cancellation));
        return (await reader.ReadToEndAsync(Cancellation)).TrimEnd('\n');
    }

    private string Work(int job) => Path.Combine(_directory.Path, "executions", $"{job}-1", "work");

    private void Go(int job) => File.WriteAllText(Path.Combine(Work(job), "go"), "");
}
