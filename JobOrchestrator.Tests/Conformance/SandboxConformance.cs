using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Launcher.Confinement;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>
/// One suite of attacks, one run per tier: what each tier must show is in the table (<see cref="AttackCases"/>). A tier the machine cannot offer is skipped, and says
/// why.
/// </summary>
/// <typeparam name="TTier">Which tier, and how to get a client in it.</typeparam>
[Trait("Category", "Slow")]
public abstract class SandboxConformance<TTier>(SandboxConformance<TTier>.Fixture fixture) : IClassFixture<SandboxConformance<TTier>.Fixture>
    where TTier : IConformanceTier
{
    public static TheoryData<string> Attacks => [.. TierRun.CasesOf(TTier.Name).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Holds_against(string attack)
    {
        fixture.SkipWhenMissing();
        var expected = AttackCases.All[attack];
        var outcome = fixture.Run.OutcomeOf(expected);
        var story = $"{outcome.Report}\nstdout: {Short(outcome.Stdout)}\nstderr: {Short(outcome.Stderr)}\nnotes: {Short(outcome.Notes)}";
        var word = expected.ExpectedIn(TTier.Name) == AttackCase.Held && outcome.Word.StartsWith("held", StringComparison.Ordinal) ? AttackCase.Held : outcome.Word;
        Assert.True(expected.ExpectedIn(TTier.Name) == word, $"Expected {expected.ExpectedIn(TTier.Name)}, but it was {outcome.Word}.\n{story}");
        Assert.True(expected.State == outcome.Report.State, $"Expected {expected.State}.\n{story}");
        Assert.True(expected.ReasonIn(outcome.Tier) == outcome.Report.Reason, $"Expected {expected.ReasonIn(outcome.Tier)}.\n{story}");
        Assert.Contains(expected.Message, outcome.Report.Message, StringComparison.Ordinal);
        Assert.Equal(TTier.Reported, outcome.Report.SandboxTier);
        expected.Check?.Invoke(outcome);
    }

    [Fact]
    public void The_client_says_the_tier_and_is_healthy_afterwards()
    {
        fixture.SkipWhenMissing();
        Assert.Equal(TTier.Reported, fixture.Run.ReportedTier);
        Assert.Equal((TTier.Reported, 0, 0, null), (fixture.Run.StatusAfter!.SandboxTier, fixture.Run.StatusAfter.Running, fixture.Run.StatusAfter.Queued, fixture.Run.StatusAfter.Problem));
        Assert.Contains(TTier.Reported, fixture.Run.HealthAfter, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"ok\"", fixture.Run.HealthAfter, StringComparison.Ordinal);
    }

    [Fact]
    public void The_neighbour_noticed_nothing()
    {
        fixture.SkipWhenMissing();
        Assert.Equal((ExecutionState.Completed, (int?)0), (fixture.Run.Neighbour!.State, fixture.Run.Neighbour.ExitCode));
    }

    [Fact]
    public void Nothing_outside_was_touched()
    {
        fixture.SkipWhenMissing();
        Assert.Equal("somebody's\n", fixture.OutsideFile);
        Assert.Equal(TTier.Name == "process" ? 1 : 0, fixture.Strangers.Count);
    }

    private static string Short(string text) => text.Length <= 2000 ? text : text[..2000] + "…";

    /// <summary>Runs all attacks once.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private string? _missing;

        internal TierRun Run { get; private set; } = null!;

        internal string OutsideFile { get; private set; } = "";

        internal IReadOnlyList<string> Strangers { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            if ((_missing = TTier.Missing()) is not null)
            {
                return;
            }

            await using var client = await TTier.StartAsync();
            Run = new TierRun(TTier.Name, client);
            await Run.RunAsync();
            OutsideFile = await File.ReadAllTextAsync(client.OutsideFile);
            Strangers = [.. Directory.EnumerateFileSystemEntries(client.Outside).Select(e => Path.GetFileName(e)).Except(["file", "removable"])];
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        internal void SkipWhenMissing() => Assert.SkipWhen(_missing is not null, _missing ?? "");
    }
}

/// <summary>A tier to be attacked.</summary>
public interface IConformanceTier
{
    /// <summary>Its column in the table.</summary>
    static abstract string Name { get; }

    /// <summary>What the client must call it.</summary>
    static abstract string Reported { get; }

    /// <summary>Why this machine cannot offer it; null when it can.</summary>
    static abstract string? Missing();

    internal static abstract Task<ConformanceClient> StartAsync();
}

public sealed class ProcessTier : IConformanceTier
{
    public static string Name => "process";

    public static string Reported => "process";

    public static string? Missing() => null;

    static Task<ConformanceClient> IConformanceTier.StartAsync() => ConformanceClient.StartAsync("process");
}

public sealed class LandlockTier : IConformanceTier
{
    public static string Name => "landlock";

    public static string Reported => "landlock";

    public static string? Missing() => Landlock.Version >= Landlock.ScopesSince ? null : $"needs Landlock version {Landlock.ScopesSince} (Linux 6.12); the kernel has {Landlock.Version}";

    static Task<ConformanceClient> IConformanceTier.StartAsync() => ConformanceClient.StartAsync("landlock");
}

public sealed class BubblewrapTier : IConformanceTier
{
    public static string Name => "bubblewrap";

    public static string Reported => "bubblewrap";

    public static string? Missing() => SandboxPolicy.FindBubblewrap() is null ? "needs the package bubblewrap" : null;

    static Task<ConformanceClient> IConformanceTier.StartAsync() => ConformanceClient.StartAsync("bubblewrap");
}

/// <summary>Landlock in a client that has no privileges at all, as in a hardened container.</summary>
public sealed class HardenedTier : IConformanceTier
{
    public static string Name => "hardened";

    public static string Reported => "landlock";

    public static string? Missing() => LandlockTier.Missing() ?? BubblewrapTier.Missing() ?? (File.Exists("/usr/bin/setpriv") ? null : "needs the package util-linux (setpriv)");

    static Task<ConformanceClient> IConformanceTier.StartAsync() => ConformanceClient.StartHardenedAsync(TestContext.Current.CancellationToken);
}

public sealed class ProcessConformance(SandboxConformance<ProcessTier>.Fixture fixture) : SandboxConformance<ProcessTier>(fixture);

public sealed class LandlockConformance(SandboxConformance<LandlockTier>.Fixture fixture) : SandboxConformance<LandlockTier>(fixture);

public sealed class BubblewrapConformance(SandboxConformance<BubblewrapTier>.Fixture fixture) : SandboxConformance<BubblewrapTier>(fixture);

public sealed class HardenedConformance(SandboxConformance<HardenedTier>.Fixture fixture) : SandboxConformance<HardenedTier>(fixture);
