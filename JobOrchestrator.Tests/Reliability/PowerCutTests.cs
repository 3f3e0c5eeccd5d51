using System.Net.Http.Json;
using System.Text.Json;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>A client's machine loses power: its processes are gone, it has another boot id, and what was written last may not be on its disk.</summary>
public sealed class PowerCutTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_result_that_may_be_short_is_made_again_and_so_is_what_ran()
    {
        await using var system = await RealSystem.StartAsync(clientSettings: new() { ["SLOTS"] = "2", ["VALIDATION"] = "off" });
        var go = Path.Combine(system.Directory, "go");
        var again = Path.Combine(system.Directory, "again");
        await system.Http.SubmitAsync(Form.Job($"echo whole > out.txt; until [ -e {go} ]; do sleep 0.01; done"));
        await system.Http.SubmitAsync(Form.Job($"echo whole > out.txt; until [ -e {again} ]; do sleep 0.01; done"));
        await Until.HoldsAsync(async () => await system.ExecutionsAsync() is { Count: 2 } all && all.All(e => e.State == ExecutionState.Running));

        // One ends while the server cannot fetch its result, one runs on.
        await RealSystem.KillAsync(system.Server);
        await File.WriteAllTextAsync(go, "", Cancellation);
        await Until.HoldsAsync(async () => (await system.ExecutionsAsync()).Single(e => e.JobId == 1).State == ExecutionState.Completed);

        await RealSystem.KillAsync(system.Client);
        var data = Path.Combine(system.Directory, "client");
        await Processes.KillAllWithMarkerAsync(Path.Combine(data, "executions"));
        foreach (var file in Directory.EnumerateDirectories(Path.Combine(data, "executions"))
            .SelectMany(d => Directory.EnumerateFiles(Path.Combine(d, "work"), "*.txt")))
        {
            File.OpenHandle(file, FileMode.Truncate, FileAccess.Write).Dispose();
        }

        await File.WriteAllTextAsync(Path.Combine(data, "boot"), "another", Cancellation);
        await File.WriteAllTextAsync(again, "", Cancellation);
        await system.StartClientAsync();
        Assert.Empty(await system.ExecutionsAsync());
        Assert.Contains("The machine was started anew: removed 2 executions", system.Client.Output, StringComparison.Ordinal);
        await system.StartServerAsync();
        foreach (var id in new[] { 1, 2 })
        {
            Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
            Assert.Equal("whole\n", (await system.Http.ZipAsync($"/download/{id}"))["out.txt"]);
            var attempts = (await system.Http.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{id}", Cancellation)).GetProperty("attempts").EnumerateArray().ToArray();
            Assert.Equal((2, "client_restarted"), (attempts.Length, attempts[0].GetProperty("reason").GetString()));
        }
    }
}
