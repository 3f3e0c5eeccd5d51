using System.Collections.Concurrent;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Backups of a real server that takes in, runs and cleans up jobs all the while; then the way back, and a look at every job.</summary>
[Trait("Category", "Slow")]
public sealed class BackupUnderLoadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_job_acknowledged_before_the_backup_is_whole_after_the_restore()
    {
        await using var system = await RealSystem.StartAsync(
            new() { ["SERVICE_EXAMPLE_MAX_RUNS"] = "8", ["SERVICE_EXAMPLE_RUNS_PER_USER"] = "8", ["MAX_AGE"] = "4" }, new() { ["SLOTS"] = "8" });
        var acknowledged = new ConcurrentDictionary<int, string>();
        using var over = new CancellationTokenSource();
        var senders = Enumerable.Range(0, 4).Select(user => SendAsync(system, user, acknowledged, over.Token)).ToArray();
        var target = Path.Combine(system.Directory, "backup");
        IReadOnlyDictionary<int, string> before = new Dictionary<int, string>();
        for (var round = 1; round <= 4; round++)
        {
            while (acknowledged.Count < round * 25)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
            }

            before = new Dictionary<int, string>(acknowledged);
            await RunAsync(system, "backup", "--to", target);
        }

        await over.CancelAsync();
        await RealSystem.KillAsync(system.Server);
        await Task.WhenAll(senders);
        system.MoveTo(Path.Combine(system.Directory, "restored"), maxAge: "10000");
        await RunAsync(system, "restore", "--from", target, "--yes");
        await RunAsync(system, "maintenance");
        await system.StartServerAsync();
        var cleaned = 0;
        foreach (var (id, marker) in before)
        {
            var end = await system.Http.EndAsync(id);
            if (end.Status == ClassicStatus.Cleaned)
            {
                cleaned++;
                continue;
            }

            Assert.True(end.Status == ClassicStatus.Completed, $"Job {id}: {end}");
            Assert.Equal(marker, (await system.Http.ZipAsync($"/download/{id}"))["out.txt"]);
        }

        Assert.InRange(cleaned, 0, before.Count - 1);
    }

    private static async Task SendAsync(RealSystem system, int user, ConcurrentDictionary<int, string> acknowledged, CancellationToken over)
    {
        for (var n = 0; !over.IsCancellationRequested; n++)
        {
            try
            {
                var marker = $"{user}-{n}\n";
                acknowledged[await system.Http.SubmitAsync(Form.Job($"printf '{user}-{n}\\n' > out.txt", user).File("data", new byte[n * 991 % 50_000]))] = marker;
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (HttpRequestException)
            {
                return; // the server was killed
            }
        }
    }

    private static async Task RunAsync(RealSystem system, params string[] arguments)
    {
        await using var run = ProgramRun.Start(
            Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), arguments, system.ServerSettings);
        Assert.True(await run.ExitAsync(Cancellation) == 0, run.Output);
    }
}
