using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>Which control groups a client finds, on machines made of files: the kernel's layouts, and what of each may be used.</summary>
public sealed class CgroupSupportTests : IDisposable
{
    private const string Control = "/data/executions/42-1/control";

    private static readonly ExecutionLimits Limited = new() { Memory = 96 << 20, Processes = 10, Cpus = 1.5 };

    private readonly TemporaryDirectory _machine = new();

    private string Root => Path.Combine(_machine.Path, "cgroup");

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void In_the_unified_hierarchy_one_delegated_group_holds_all_limits()
    {
        Group("", "cgroup.controllers", "cgroup.procs");
        Group("system.slice/joborchestrator.service", "cgroup.procs").Write("cgroup.subtree_control", "cpu io memory pids\n");
        Group("system.slice/joborchestrator.service/client", "cgroup.procs");
        var support = Detect("0::/system.slice/joborchestrator.service/client\n");
        Assert.Null(support.Note);
        Assert.True(support.MeasuresCpu);

        var group = Assert.Single(support.For(Limited, Control));
        Assert.StartsWith(Path.Combine(Root, "system.slice/joborchestrator.service/job-42-1-"), group.Directory, StringComparison.Ordinal);
        Assert.Equal(("cgroup.procs", false, "cgroup.kill", "memory.events", "memory.peak"), (group.JoinFile, group.ByThread, group.KillFile, group.MemoryEvents, group.MemoryPeak));
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["cpu.max"] = "150000 100000",
                ["memory.max"] = "100663296",
                ["memory.swap.max"] = "0",
                ["pids.max"] = "144",
            },
            group.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).ToDictionary());
        Assert.True(Directory.Exists(Path.Combine(Root, "system.slice/joborchestrator.service/launchers")));
    }

    [Fact]
    public void A_job_gets_a_group_only_for_a_limit_it_has()
    {
        Group("", "cgroup.controllers");
        Group("service", "cgroup.procs").Write("cgroup.subtree_control", "memory pids\n");
        var support = Detect("0::/service/client\n");
        Assert.Empty(support.For(new ExecutionLimits { Disk = 1 << 20, Cpus = 1 }, Control));
        var group = Assert.Single(support.For(new ExecutionLimits { Processes = 1 }, Control));
        Assert.Equal(["pids.max"], group.Settings.Keys);
        Assert.Null(group.MemoryEvents);
    }

    [Theory]
    [InlineData("0::/\n")] // the root, which nobody delegates
    [InlineData("0::/service/client\n")] // hands on nothing
    [InlineData("0::/missing/client\n")]
    [InlineData("0::/../client\n")]
    [InlineData("")]
    public void What_is_not_delegated_is_not_used(string own)
    {
        Group("", "cgroup.controllers", "cgroup.procs");
        Group("service", "cgroup.procs").Write("cgroup.subtree_control", "\n");
        var support = Detect(own);
        Assert.StartsWith("No control group is delegated to this client", support.Note, StringComparison.Ordinal);
        Assert.False(support.MeasuresCpu);
        Assert.Empty(support.For(Limited, Control));
    }

    [Fact]
    public void A_delegated_group_that_may_not_be_written_is_not_used()
    {
        Group("", "cgroup.controllers");
        Group("service", "cgroup.procs").Write("cgroup.subtree_control", "memory pids cpu\n");
        var service = Path.Combine(Root, "service");
        using var mounted = Environment.IsPrivilegedProcess ? SmallDisk.MountReadOnly(service) : null; // root may write everywhere else
        File.SetUnixFileMode(mounted is null ? service : Root, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.NotNull(Detect("0::/service/client\n").Note);
        }
        finally
        {
            File.SetUnixFileMode(mounted is null ? service : Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void In_the_old_layout_each_controller_has_a_hierarchy_of_its_own()
    {
        Group("memory/jobs", "cgroup.procs", "memory.limit_in_bytes");
        Group("pids/", "cgroup.procs");
        Group("cpu,cpuacct/", "cgroup.procs", "cpu.cfs_quota_us");
        var support = Detect("5:memory:/jobs\n4:pids:/\n3:cpu,cpuacct:/\n2:name=systemd:/\n");
        Assert.Null(support.Note);
        Assert.True(support.MeasuresCpu);

        var groups = support.For(Limited, Control);
        Assert.All(groups, g => Assert.Equal(("tasks", true, null), (g.JoinFile, g.ByThread, g.KillFile)));
        Assert.Equal(
            [
                ("memory/jobs", "memory.limit_in_bytes=100663296 memory.memsw.limit_in_bytes=100663296", "memory.oom_control"),
                ("pids", "pids.max=144", null),
                ("cpu,cpuacct", "cpu.cfs_period_us=100000 cpu.cfs_quota_us=150000", null),
            ],
            groups.Select(g => (Path.GetRelativePath(Root, Path.GetDirectoryName(g.Directory)!), string.Join(' ', g.Settings.Select(s => $"{s.Key}={s.Value}")), g.MemoryEvents)));
    }

    [Fact]
    public void In_the_hybrid_layout_what_is_missing_in_one_half_is_taken_from_the_other_and_the_rest_is_told()
    {
        Group("unified", "cgroup.controllers");
        Group("unified/service", "cgroup.procs").Write("cgroup.subtree_control", "pids hugetlb\n");
        Group("memory", "cgroup.procs", "memory.limit_in_bytes");
        Group("pids", "cgroup.procs");
        Group("cpu", "cgroup.procs"); // without the file of the quota
        var support = Detect("9:memory:/\n8:pids:/\n1:cpu:/\n0::/service/client\n");
        Assert.Equal("Of the control groups only memory and pids may be used here.", support.Note);
        Assert.False(support.MeasuresCpu);
        Assert.Equal(
            ["unified/service: pids.max", "memory: memory.limit_in_bytes,memory.memsw.limit_in_bytes"],
            support.For(Limited, Control).Select(g => $"{Path.GetRelativePath(Root, Path.GetDirectoryName(g.Directory)!)}: {string.Join(',', g.Settings.Keys)}"));
    }

    [Fact]
    public void Without_any_everything_is_kept_by_watching()
    {
        var support = CgroupSupport.Detect(Path.Combine(_machine.Path, "none"), Root);
        Assert.StartsWith("There are no control groups here", support.Note, StringComparison.Ordinal);
        Assert.Empty(support.For(Limited, Control));
    }

    [Fact]
    public void Empty_groups_of_an_earlier_client_are_removed()
    {
        Group("pids", "cgroup.procs");
        var old = Directory.CreateDirectory(Path.Combine(Root, "pids/job-7-1-abc")).FullName;
        var busy = Directory.CreateDirectory(Path.Combine(Root, "pids/job-8-1-abc/child")).Parent!.FullName;
        Detect("8:pids:/\n");
        Assert.Equal((false, true), (Directory.Exists(old), Directory.Exists(busy)));
    }

    [Fact]
    public void A_share_of_a_core_is_never_less_than_the_kernel_takes()
    {
        Group("cpu", "cgroup.procs", "cpu.cfs_quota_us");
        var group = Assert.Single(Detect("1:cpu:/\n").For(new ExecutionLimits { Cpus = 0.001 }, Control));
        Assert.Equal("1000", group.Settings["cpu.cfs_quota_us"]);
    }

    private CgroupSupport Detect(string own)
    {
        var file = Path.Combine(_machine.Path, "own");
        File.WriteAllText(file, own);
        return CgroupSupport.Detect(file, Root);
    }

    private GroupFiles Group(string path, params string[] files)
    {
        var group = new GroupFiles(Directory.CreateDirectory(Path.Combine(Root, path)).FullName);
        Array.ForEach(files, f => group.Write(f, ""));
        return group;
    }

    private sealed record GroupFiles(string Directory)
    {
        public void Write(string file, string text) => File.WriteAllText(Path.Combine(Directory, file), text);
    }
}
