using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>Says what a script may see and do, tier by tier, in the launcher's terms.</summary>
internal sealed class SandboxPolicy
{
    private const string SearchPath = "/usr/local/bin:/usr/bin:/bin";
    private const string Everybody = "/tmp";
    private const long LeastOpenFiles = 32;
    private const long LeastFileBytes = 1 << 16;

    private readonly SandboxOptions _options;
    private readonly string[] _closed;
    private readonly string[] _readable;
    private readonly string[] _writable;
    private readonly string _etc;
    private readonly bool _hasOwnTmp;
    private string[] _system = [];

    /// <summary>The policy of a client.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="cgroups">The control groups to use; null for those of this machine.</param>
    public SandboxPolicy(ClientOptions options, CgroupSupport? cgroups = null)
    {
        Cgroups = cgroups ?? CgroupSupport.Detect();
        _options = options.Sandbox;
        _etc = Path.Combine(options.DataPath, "sandbox-etc");
        _hasOwnTmp = !ReadablePaths.IsBeneath(options.DataPath, Everybody);
        // The client's own files may hold secrets; those that a package manager put beneath /usr are everybody's.
        var own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        _closed = ReadablePaths.IsBeneath(own, "/usr") ? [options.DataPath] : [options.DataPath, own];
        _readable =
        [
            .. Readable([.. ReadablePaths.Programs, .. _options.Read]),
            .. ReadablePaths.Kernel,
            .. ReadablePaths.Settings.Select(s => "/etc/" + s),
        ];
        _writable = [.. _options.Write, .. ReadablePaths.Devices];
    }

    /// <summary>The control groups jobs can have.</summary>
    public CgroupSupport Cgroups { get; }

    /// <summary>The cores jobs are kept to, where control groups do not measure their time out.</summary>
    public ProcessorCores Cores { get; } = ProcessorCores.Detect();

    /// <summary>Path of <c>bwrap</c>; null where it is not installed.</summary>
    public static string? FindBubblewrap() => SearchPath.Split(':').Select(d => Path.Combine(d, "bwrap")).FirstOrDefault(File.Exists);

    /// <summary>Prepares what <see cref="LaunchTier.Bubblewrap"/> needs; once, before the first launch in that tier.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void PrepareBubblewrap()
    {
        SettingsCopy.Write(_etc);
        _system = [.. Readable(ReadablePaths.Programs).SelectMany(BindReadOnly)];
    }

    /// <summary>The launcher's orders for one script. The cores it names are taken; whoever starts it gives them back.</summary>
    public LaunchSpec ToLaunchSpec(SandboxSpec spec, LaunchTier tier)
    {
        var temporary = Path.Combine(spec.ControlDirectory, "tmp");
        return new LaunchSpec
        {
            WorkingDirectory = spec.WorkingDirectory,
            TemporaryDirectory = temporary,
            Tier = tier,
            Network = spec.Network,
            Readable = tier == LaunchTier.Landlock ? _readable : [],
            Writable = tier == LaunchTier.Landlock ? [spec.WorkingDirectory, temporary, .. _writable] : [],
            Bubblewrap = tier == LaunchTier.Bubblewrap ? [.. BubblewrapCommand(spec, temporary)] : [],
            Limits = ToLaunchLimits(spec.TimeLimit, spec.Limits),
            Cgroups = Cgroups.For(spec.Limits, spec.ControlDirectory),
            Cores = spec.Limits.Cpus is { } cpus && !Cgroups.MeasuresCpu ? Cores.Take(cpus) : [],
            KillGraceMilliseconds = (int)spec.KillGrace.TotalMilliseconds,
            Environment = new Dictionary<string, string>
            {
                ["PATH"] = SearchPath,
                ["HOME"] = spec.WorkingDirectory,
                ["TMPDIR"] = temporary,
                ["LANG"] = "C.UTF-8",
                ["USER"] = Environment.UserName,
                ["PWD"] = spec.WorkingDirectory,
                [LaunchSpec.MarkVariable] = spec.ControlDirectory,
            },
        };
    }

    private static LaunchLimits ToLaunchLimits(TimeSpan? time, ExecutionLimits limits) => new()
    {
        TimeMilliseconds = (long?)time?.TotalMilliseconds,
        CpuMilliseconds = (long?)limits.Cpu?.TotalMilliseconds,
        MemoryBytes = limits.Memory,
        Processes = limits.Processes,
        // These two bind the launcher itself, which cannot do with less.
        OpenFiles = limits.OpenFiles is { } files ? Math.Max(files, LeastOpenFiles) : null,
        FileBytes = limits.FileSize is { } size ? Math.Max(size, LeastFileBytes) : null,
        DiskBytes = limits.Disk,
        DiskEntries = limits.DiskEntries,
        OutputBytes = limits.Output ?? ExecutionLimits.DefaultOutput,
    };

    private IEnumerable<string> Readable(IEnumerable<string> paths) => ReadablePaths.Without(paths, _closed).Where(Path.Exists);

    /// <summary>
    /// A root of its own with nothing in it but what is named here, read-only but for the script's own directories. Temporary files, those of
    /// programs that ask nobody where to put them and shared memory are one directory on the disk, where they count.
    /// </summary>
    private IEnumerable<string> BubblewrapCommand(SandboxSpec spec, string temporary)
    {
        string[] network = spec.Network ? [] : ["--unshare-net"];
        string[] tmp = _hasOwnTmp ? ["--bind", temporary, Everybody] : [];
        return
        [
            FindBubblewrap() ?? "/usr/bin/bwrap",
            "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", .. network, "--die-with-parent", "--cap-drop", "ALL", "--hostname", "job",
            .. _system,
            "--ro-bind", _etc, "/etc", "--proc", "/proc", "--dev", "/dev", "--ro-bind-try", "/sys/devices/system", "/sys/devices/system",
            "--bind", temporary, "/dev/shm", .. tmp,
            .. _options.Read.SelectMany(p => (string[])["--ro-bind-try", p, p]),
            .. _options.Write.SelectMany(p => (string[])["--bind-try", p, p]),
            "--bind", temporary, temporary, "--bind", spec.WorkingDirectory, spec.WorkingDirectory,
            // Root inside is root outside to the files in /proc/sys, whose owner may write them.
            "--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", spec.WorkingDirectory,
        ];
    }

    /// <summary>Where <c>/bin</c> is a link into <c>/usr</c>, it is one inside too.</summary>
    private static string[] BindReadOnly(string path) => new FileInfo(path).LinkTarget is { } target
        ? ["--symlink", target, path]
        : ["--ro-bind", path, path];
}
