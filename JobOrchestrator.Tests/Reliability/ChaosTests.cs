using System.Globalization;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>
/// Jobs of many users flow through real processes while these are killed, stopped and cut off from one another; at the end the history must hold
/// what is promised. The seed is printed; <c>CHAOS_SEED</c> in the environment repeats a run's harm (its moments, not what they hit).
/// </summary>
public sealed class ChaosTests
{
    private const int Users = 20;

    [Fact]
    public Task A_short_chaos_loses_nothing() => RunAsync(jobsPerUser: 6, TimeSpan.FromSeconds(1), settle: TimeSpan.FromMinutes(2), atLeast: 60);

    [Fact]
    [Trait("Category", "Slow")]
    public Task Two_minutes_of_chaos_lose_nothing() => RunAsync(jobsPerUser: 58, TimeSpan.FromSeconds(2), settle: TimeSpan.FromMinutes(3), atLeast: 1000);

    private static async Task RunAsync(int jobsPerUser, TimeSpan meanPause, TimeSpan settle, int atLeast)
    {
        var seed = Environment.GetEnvironmentVariable("CHAOS_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        Say($"seed {seed}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter((meanPause * jobsPerUser * 3) + settle);
        await using var system = await ChaosSystem.StartAsync(limit.Token);
        var began = TimeProvider.System.GetTimestamp();
        var random = new Random(seed);
        var monkey = new ChaosMonkey(system, random.Next());
        var users = Enumerable.Range(1, Users).Select(id => new ChaosUser(system, id, new Random(random.Next()))).ToArray();
        try
        {
            var sending = Task.WhenAll(users.Select(u => u.RunAsync(jobsPerUser, meanPause, limit.Token)));
            await monkey.RunAsync(sending, limit.Token);
            await sending;
            Say($"{Elapsed(began)} s of {monkey.Summary}");
            await system.Checker.SettledAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Assert.Fail($"Seed {seed}: not settled.\n{await system.Checker.DescribeOpenAsync()}\n{Logs(system)}");
        }

        Say($"settled after {Elapsed(began)} s");
        var acknowledged = users.SelectMany(u => u.Sent).ToList();
        var (violations, summary) = await system.Checker.CheckAsync(acknowledged, turnedBack: null, limit.Token);
        Say(summary.ToString());
        Assert.True(violations.Count == 0, $"Seed {seed}:\n{string.Join('\n', violations)}\n{Logs(system)}");
        Assert.Empty(system.JobProcesses());

        // A run in which little happened proves little.
        Assert.InRange(summary.Acknowledged, atLeast, int.MaxValue);

        // Every job sent with a key is one job, however often it was sent; the others were acknowledged, or are at most one.
        Assert.InRange(summary.Jobs, summary.Acknowledged, Users * jobsPerUser);
        foreach (var daemon in system.Daemons)
        {
            daemon.Signal(Processes.SigTerm);
            Assert.Equal(0, await daemon.ExitAsync(limit.Token));
        }
    }

    private static string Elapsed(long since) =>
        TimeProvider.System.GetElapsedTime(since).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>The last of what each process said.</summary>
    private static string Logs(ChaosSystem system) => string.Join(
        '\n', system.Daemons.Select(d => $"== {d.Address} (process {d.ProcessId}, {d.Starts} starts)\n{d.Output[Math.Max(0, d.Output.Length - 20_000)..]}"));

    private static void Say(string text) => TestContext.Current.TestOutputHelper!.WriteLine(text);
}
