using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Launcher;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>
/// A job in a group of a real unified hierarchy. On a machine of the hybrid layout its controllers are elsewhere: their files are missed then, and no reason to fail;
/// joining, leaving, killing and removing are all the same.
/// </summary>
public sealed class UnifiedCgroupTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private string? _group;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Mount => Path.Combine(_directory.Path, "cgroup2");

    private string Parent => Path.Combine(Mount, $"joborchestrator-test-{Environment.ProcessId}");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Mount);
        Assert.SkipUnless(
            Environment.IsPrivilegedProcess && await ExitCodeAsync("mount", "-t", "cgroup2", "none", Mount) == 0, "needs the right to mount a cgroup2 hierarchy");
        Directory.CreateDirectory(Path.Combine(Parent, "launchers"));
        _group = Path.Combine(Parent, "job-1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_group is not null)
        {
            Directory.Delete(Path.Combine(Parent, "launchers"));
            Directory.Delete(Parent);
            Assert.Equal(0, await ExitCodeAsync("umount", Mount));
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task The_launcher_leaves_when_the_script_is_in_and_all_that_is_in_is_killed_and_the_group_removed()
    {
        var spec = Launches.Spec(_directory.Path, "trap '' TERM; (setsid sleep 3600 &); sleep 3600 & grep ^0: /proc/self/cgroup; wait");
        var run = Launches.Start(spec, Orders(spec, LaunchTier.Process));
        var output = await OutputAsync(spec);
        Assert.EndsWith("/job-1", output, StringComparison.Ordinal);
        var launcher = ControlFiles.TryReadIdentity(spec.ControlDirectory)!.ProcessId;
        var members = await MembersAsync(_group!);
        Assert.Contains(run.ScriptProcessId, members);
        Assert.Equal(3, members.Count); // and both sleepers
        Assert.Equal([launcher], await MembersAsync(Path.Combine(Parent, "launchers")));

        run.Kill();
        Assert.True((await run.Completion.WaitAsync(Cancellation)).Killed);
        Assert.False(Directory.Exists(_group));
    }

    [Theory]
    [InlineData(LaunchTier.Process)]
    [InlineData(LaunchTier.Landlock)]
    [InlineData(LaunchTier.Bubblewrap)]
    public async Task A_script_that_leaves_many_behind_takes_them_with_it_in_every_tier(LaunchTier tier)
    {
        Tiers.SkipWithout(tier);
        var spec = Launches.Spec(_directory.Path, "for i in $(seq 40); do (trap '' TERM; setsid sleep 3600 &); done; exit 5");
        var result = await Launches.Start(spec, Orders(spec, tier)).Completion.WaitAsync(Cancellation);
        Assert.Equal(5, result.ExitCode);
        await Processes.NoneLeftAsync(spec.ControlDirectory, Cancellation);
        Assert.False(Directory.Exists(_group));
    }

    private static async Task<int> ExitCodeAsync(string program, params string[] arguments)
    {
        await using var run = ProgramRun.Start(program, arguments);
        return await run.ExitAsync(CancellationToken.None);
    }

    private static async Task<List<int>> MembersAsync(string group) =>
        [.. (await File.ReadAllLinesAsync(Path.Combine(group, "cgroup.procs"), Cancellation)).Select(int.Parse)];

    private LaunchSpec Orders(SandboxSpec spec, LaunchTier tier) => Launches.Policy(_directory.Path, CgroupSupport.Detect("/nowhere", "/nowhere")).ToLaunchSpec(spec, tier) with
    {
        Cgroups =
        [
            new LaunchCgroup
            {
                Directory = _group!,
                JoinFile = "cgroup.procs",
                KillFile = "cgroup.kill",
                Settings = new Dictionary<string, string> { ["pids.max"] = "500", ["cpu.max"] = "100000 100000", ["cgroup.max.descendants"] = "0" },
            },
        ],
    };

    /// <summary>The first line the script writes.</summary>
    private static async Task<string> OutputAsync(SandboxSpec spec)
    {
        var path = ControlFiles.StdoutPath(spec.ControlDirectory);
        while (true)
        {
            if (File.Exists(path) && await File.ReadAllTextAsync(path, Cancellation) is { Length: > 0 } text && text.EndsWith('\n'))
            {
                return text.TrimEnd('\n');
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }
}
