using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation;

/// <summary>Every rule there is. What each looks for is in <c>Commands/</c>, <c>Code/</c> and <c>Shell/</c>; here is what it says.</summary>
internal static class ScriptRules
{
    public static readonly Rule Missing = Error("script/missing", "no `run.sh`", "");
    public static readonly Rule Size = Error("script/size", "a script above 20 MiB", "");
    public static readonly Rule Encoding = Error("script/encoding", "not UTF-8, or with NUL bytes", "");
    public static readonly Rule LineEndings = Error("script/line-endings", "Windows line endings", "");
    public static readonly Rule Complexity = Error("script/complexity", "nested too deep, or too much in one block, to be judged",
        "nobody can say what it does; put generated parts into files of their own");

    public static readonly Rule DeleteOutside = Error("destructive/delete", "deleting or moving what is outside the job's directory",
        "a job may only remove what it made; name files by paths relative to its own directory, or use $TMPDIR");
    public static readonly Rule WriteOutside = Error("destructive/write", "writing to system directories",
        "a job writes to its own directory; use relative paths");
    public static readonly Rule WriteElsewhere = Warn("destructive/elsewhere", "writing to an absolute path outside the job's directory",
        "only files in the job's own directory come back with the result");
    public static readonly Rule DestructiveTool = Error("destructive/tool", "tools that wipe files or file systems (`shred`, `mkfs`, …)",
        "a job has nothing to wipe; remove your own files with rm");
    public static readonly Rule Traces = Error("destructive/traces", "removing shell history or system logs",
        "hiding what was done is no part of a computation; leave it out");

    public static readonly Rule DeviceWrite = Error("device/write", "writing to devices", "a job must not touch devices; write to a file");
    public static readonly Rule DeviceRead = Error("device/read", "reading raw disks or memory", "a job must not touch devices; bring the data as a file");
    public static readonly Rule DeviceTool = Error("device/tool", "tools for partitions, volumes and device files",
        "a job must not touch devices; leave it out");

    public static readonly Rule NetworkTool = Error("network/tool", "network tools (`curl`, `ssh`, `nc`, …)",
        "a job has no network; upload what it needs together with run.sh");
    public static readonly Rule NetworkRemote = Error("network/remote", "fetching from or sending to a remote place with `git`, `rsync`, `pip`, …",
        "a job has no network; upload what it needs together with run.sh");
    public static readonly Rule NetworkSocket = Error("network/socket", "`/dev/tcp` and `/dev/udp`, shells wired to descriptors",
        "a job has no network; upload what it needs together with run.sh");
    public static readonly Rule NetworkInline = Error("network/inline", "network calls in inline code (`python -c`, here-documents, `awk`, …)",
        "a job has no network; upload what it needs together with run.sh");
    public static readonly Rule NetworkMetadata = Error("network/metadata", "addresses of cloud metadata services",
        "they give out the machine's credentials; a job has no use for them");
    public static readonly Rule NetworkPackages = Error("network/packages", "installing packages from a registry",
        "a job has no network; ask for the package to be installed, or upload it and install that (pip install --no-index …)");
    public static readonly Rule NetworkAddress = Warn("network/address", "a URL given to a program",
        "a job has no network; upload what it needs together with run.sh");

    public static readonly Rule PrivilegeTool = Error("privilege/tool", "becoming another user (`sudo`, `su`, …)",
        "a job runs as itself; leave it out");
    public static readonly Rule SetUserId = Error("privilege/setuid", "set-user-ID files and file capabilities",
        "a program must not lend rights; use chmod +x or 755");
    public static readonly Rule SetGroupId = Warn("privilege/setgid", "set-group-ID files", "it has no effect in a job; use chmod +x or 755");
    public static readonly Rule Account = Error("privilege/account", "users, groups and passwords", "accounts are not a job's business; leave it out");
    public static readonly Rule Ownership = Error("privilege/ownership", "changing mode or owner outside the job's directory, or to root",
        "a job may only change what is its own; leave it out");
    public static readonly Rule PackageManager = Error("privilege/packages", "system package managers (`apt-get`, `yum`, …)",
        "a job cannot install system packages; ask for them to be installed");

    public static readonly Rule Container = Error("system/container", "containers, namespaces and mounts",
        "a job runs in a sandbox already and must not open another; call the program itself");
    public static readonly Rule ContainerImage = Warn("system/image", "a container image run by `apptainer` or `singularity`",
        "it works only where that program is installed and the sandbox allows it");
    public static readonly Rule Kernel = Error("system/kernel", "kernel modules, settings and tracing", "the kernel is not a job's business; leave it out");
    public static readonly Rule Service = Error("system/service", "services, power, firewall", "the machine is not a job's business; leave it out");

    public static readonly Rule Decoded = Error("obfuscation/decoded", "running what was decoded, decompressed or downloaded",
        "what runs must be readable; put the commands into run.sh as they are");
    public static readonly Rule HiddenCommand = Error("obfuscation/hidden", "a command name or text that is computed to hide it",
        "what runs must be readable; write the command as it is");
    public static readonly Rule RenamedTool = Error("obfuscation/renamed", "a forbidden tool copied, linked or looked up under another name",
        "another name does not make it allowed; leave it out");
    public static readonly Rule UnknownText = Warn("obfuscation/unknown", "`eval` or a shell on text that is known only at run time",
        "it cannot be checked beforehand; call the commands directly where you can");

    public static readonly Rule Schedule = Error("persistence/schedule", "`cron`, `at`, timers", "a job ends when its script ends; submit another job instead");
    public static readonly Rule StartupFile = Error("persistence/startup", "shell start-up files, authorized keys, autostart entries",
        "a job must leave nothing behind that runs later; set variables in run.sh");
    public static readonly Rule Session = Warn("persistence/session", "sessions that go on in the background (`screen`, `tmux`)",
        "everything ends with the script; run the program in the foreground");

    public static readonly Rule ForkBomb = Error("resources/fork-bomb", "processes that multiply without end",
        "it takes the machine from everybody; start a fixed number of processes and wait for them");
    public static readonly Rule Stress = Error("resources/stress", "loads without a result",
        "it takes the machine from everybody and computes nothing; leave it out");
    public static readonly Rule Fill = Error("resources/fill", "filling the disk or the memory",
        "it takes the machine from everybody; limit what is written, for example with head -c or count=");

    public static readonly Rule MinerTool = Error("miner/tool", "programs that mine cryptocurrency", "these machines are for science; leave it out");
    public static readonly Rule MinerPool = Error("miner/pool", "addresses of mining pools", "these machines are for science; leave it out");

    public static readonly Rule SecretFile = Error("secrets/file", "keys, passwords and other users' files",
        "a job has no use for them; upload what it needs together with run.sh");
    public static readonly Rule SecretVariable = Error("secrets/environment", "secrets in environment variables",
        "a job's environment holds none, and it should look for none; upload what it needs together with run.sh");
    public static readonly Rule EnvironmentDump = Warn("secrets/dump", "the whole environment is sent through a pipe or printed by inline code",
        "print the variables you need by name");

    public static readonly Rule OtherProcesses = Error("process/others", "signals to processes that are not the script's own",
        "others work on this machine too; keep the number of what you started (pid=$!) and use kill \"$pid\"");
    public static readonly Rule Inspection = Error("process/inspection", "looking into other processes",
        "others work on this machine too; start the program under the debugger instead");

    public static readonly Rule OwnCommand = Error("custom/command", "a command that this service's operator refuses",
        "this service does not allow it; ask its operator");
    public static readonly Rule OwnPattern = Error("custom/pattern", "a pattern that this service's operator refuses",
        "this service does not allow it; ask its operator");

    public static IReadOnlyList<Rule> All { get; } =
    [
        Missing, Size, Encoding, LineEndings, Complexity,
        DeleteOutside, WriteOutside, WriteElsewhere, DestructiveTool, Traces,
        DeviceWrite, DeviceRead, DeviceTool,
        NetworkTool, NetworkRemote, NetworkSocket, NetworkInline, NetworkMetadata, NetworkPackages, NetworkAddress,
        PrivilegeTool, SetUserId, SetGroupId, Account, Ownership, PackageManager,
        Container, ContainerImage, Kernel, Service,
        Decoded, HiddenCommand, RenamedTool, UnknownText,
        Schedule, StartupFile, Session,
        ForkBomb, Stress, Fill,
        MinerTool, MinerPool,
        SecretFile, SecretVariable, EnvironmentDump,
        OtherProcesses, Inspection,
        OwnCommand, OwnPattern,
    ];

    public static FrozenDictionary<string, Rule> ById { get; } = All.ToFrozenDictionary(r => r.Id, StringComparer.OrdinalIgnoreCase);

    private static Rule Error(string id, string what, string reason) => new(id, Severity.Error, what, reason);

    private static Rule Warn(string id, string what, string reason) => new(id, Severity.Warning, what, reason);
}
