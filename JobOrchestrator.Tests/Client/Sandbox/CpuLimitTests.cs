using System.Globalization;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Launcher;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>A job gets the cores it may use and no more: measured out by a control group, or kept to some of them.</summary>
public sealed class CpuLimitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(LaunchTier.Process)]
    [InlineData(LaunchTier.Landlock)]
    [InlineData(LaunchTier.Bubblewrap)]
    public async Task Without_control_groups_a_job_is_kept_to_its_cores_and_where_calls_are_filtered_it_cannot_get_more(LaunchTier tier)
    {
        Tiers.SkipWithout(tier);
        Assert.SkipWhen(Environment.ProcessorCount < 2, "needs two cores");
        var policy = PolicyWith(CgroupSupport.Detect("/nowhere", "/nowhere"));
        // What widens it is told that it worked, which programs that spread their threads rely on.
        var (result, output) = await RunAsync(policy, tier, new() { Cpus = 1 }, "nproc; taskset -c 0-1023 nproc; echo $?");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(["1", tier == LaunchTier.Process ? Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture) : "1", "0"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        // The first core was given back, or the next one would get another.
        Assert.Equal(await CoreOfNextAsync(), await CoreOfNextAsync());

        async Task<string> CoreOfNextAsync() => (await RunAsync(policy, tier, new() { Cpus = 1 }, "grep Cpus_allowed_list /proc/self/status || true")).Output;
    }

    [Fact]
    public async Task Where_a_control_group_measures_it_out_a_job_gets_parts_of_a_core()
    {
        var policy = PolicyWith(CgroupSupport.Detect());
        Assert.SkipUnless(policy.Cgroups.MeasuresCpu, $"needs a control group with cpu: {policy.Cgroups.Note}");
        var (result, output) = await RunAsync(policy, LaunchTier.Process, new() { Cpus = 0.4 }, "for i in 1 2 3; do (while :; do :; done) & done; sleep 1; nproc");
        Assert.Equal((0, Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture) + "\n"), (result.ExitCode, output));
        // A tenth of a second of slack: the group's account is settled once in its period.
        Assert.InRange(result.CpuSeconds, 0.01, (0.4 * (result.EndedAt - result.StartedAt).TotalSeconds) + 0.1);
        var group = policy.Cgroups.For(new() { Cpus = 1 }, _directory.Path)[0].Directory;
        Assert.Empty(Directory.EnumerateDirectories(Path.GetDirectoryName(group)!, $"job-{Path.GetFileName(_directory.Path)}-*"));
    }

    private SandboxPolicy PolicyWith(CgroupSupport cgroups) => Launches.Policy(_directory.Path, cgroups);

    private async Task<(SandboxResult Result, string Output)> RunAsync(SandboxPolicy policy, LaunchTier tier, ExecutionLimits limits, string script)
    {
        var spec = Launches.Spec(_directory.Path, script) with { Limits = limits };
        using var launcher = new SandboxLauncher(policy, Launches.Patience);
        var result = await launcher.Start(spec, tier).Completion.WaitAsync(Cancellation);
        return (result, await File.ReadAllTextAsync(ControlFiles.StdoutPath(spec.ControlDirectory), Cancellation));
    }
}
