using System.Collections.Concurrent;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Reliability;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>Backups of a real server that takes in, runs and cleans up jobs all the while; then the way back, and a look at the whole history.</summary>
[Trait("Category", "Slow")]
public sealed class BackupUnderLoadTests
{
    private const int Users = 4;
    private const int Runs = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_history_holds_for_every_job_acknowledged_before_the_backup()
    {
        await using var system = await RealSystem.StartAsync(
            new() { ["SERVICE_EXAMPLE_MAX_RUNS"] = $"{Runs}", ["SERVICE_EXAMPLE_RUNS_PER_USER"] = $"{Runs}", ["MAX_AGE"] = "4" },
            new() { ["SLOTS"] = $"{Runs}", ["VALIDATION"] = "off" });
        var ledger = new Ledger(Path.Combine(system.Directory, "ledger"));
        var acknowledged = new ConcurrentQueue<Submitted>();
        using var over = new CancellationTokenSource();
        var senders = Enumerable.Range(1, Users).Select(user => SendAsync(system, ledger, user, acknowledged, over.Token)).ToArray();
        var target = Path.Combine(system.Directory, "backup");
        Submitted[] before = [];
        for (var round = 1; round <= 4; round++)
        {
            await Until.HoldsAsync(() => acknowledged.Count >= round * 25);
            before = [.. acknowledged];
            await system.RunServerAsync("backup", "--to", target);
        }

        // More happens that the copy does not know of, then the server is gone; the client node ends what it has.
        await Until.HoldsAsync(() => acknowledged.Count >= before.Length + 25);
        await RealSystem.KillAsync(system.Server);
        await over.CancelAsync();
        await Task.WhenAll(senders);
        await Until.HoldsAsync(async () => (await system.ExecutionsAsync()).All(e => e.State.IsFinal()));
        var turnedBack = ledger.TurnBack();
        var restored = Path.Combine(system.Directory, "restored");
        system.MoveTo(restored, maxAge: "10000");
        await system.RunServerAsync("restore", "--from", target, "--yes");
        await system.RunServerAsync("maintenance");
        await system.StartServerAsync();
        var checker = new HistoryChecker(
            Path.Combine(restored, "jobs.sqlite"), Path.Combine(restored, "data"), [Path.Combine(system.Directory, "client")], ledger, Runs, Runs);
        await checker.SettledAsync(Cancellation);
        var (violations, summary) = await checker.CheckAsync(before, turnedBack, Cancellation);
        TestContext.Current.TestOutputHelper!.WriteLine($"{summary}; {acknowledged.Count - before.Length} acknowledged after the backup");
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        await Processes.NoneLeftAsync(Path.Combine(system.Directory, "client", "executions"), Cancellation);

        // A run in which all had ended before the backup, or nothing had to be run again, proves little.
        Assert.Contains(before, s => ledger.Of(s.Token) is { StartedBefore.Count: > 0, Started.Count: 0 });
        Assert.InRange(summary.Jobs, before.Length, acknowledged.Count + Users);
    }

    private static async Task SendAsync(
        RealSystem system, Ledger ledger, int user, ConcurrentQueue<Submitted> acknowledged, CancellationToken over)
    {
        for (var n = 0; !over.IsCancellationRequested; n++)
        {
            try
            {
                var (token, exitCode) = ($"user{user}-job{n}", n % 10 == 9 ? 3 : 0);
                var form = Form.Job(ledger.Script(token, $"sleep 0.{n * 37 % 100:00}", exitCode), user).File("data", new byte[n * 991 % 50_000]);
                var sent = new Submitted(token, await system.Http.SubmitAsync(form), user, exitCode);
                if (n % 8 == 7)
                {
                    sent.Cancelled = true;
                    using var answer = await system.Http.PostAsync($"/terminate/{sent.Id}", null, Cancellation);
                }

                acknowledged.Enqueue(sent);
                await Task.Delay(Pause, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (HttpRequestException)
            {
                return; // the server was killed
            }
        }
    }
}
