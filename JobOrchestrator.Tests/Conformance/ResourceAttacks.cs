using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>Taking all there is.</summary>
internal static class ResourceAttacks
{
    private const long Mega = 1 << 20;

    public static AttackCase[] Cases { get; } =
    [
        new AttackCase("fork bomb", "b() { b | b & }; b; sleep 60; echo result=done")
        { Limits = new() { Processes = 60 } }.EndsByLimit("more processes than its limit of 60"),

        new AttackCase("fork bomb that ignores TERM and leaves its session", "trap '' TERM HUP; b() { setsid bash -c \"$(declare -f b); trap '' TERM; b\" & setsid sleep 300 & sleep 0.02; b; }; b")
        { Limits = new() { Processes = 60 } }.EndsByLimit("more processes than its limit of 60"),

        new AttackCase("exhausting process ids", "for i in $(seq 400); do sleep 60 & done; wait; echo result=done")
        { Limits = new() { Processes = 100 } }.EndsByLimit("more processes than its limit of 100"),

        new AttackCase("memory hog", "perl -e '$x .= \"x\" x 4000000 while 1'; sleep 300; echo result=done")
        { Limits = new() { Memory = 96 * Mega } }.EndsByLimit("more memory than its limit of 96 MiB"),

        new AttackCase("memory hog of many small processes", "for i in 1 2 3 4 5 6; do perl -e '$x = \"x\" x 30000000; sleep 60' & done; wait; echo result=done")
        { Limits = new() { Memory = 100 * Mega } }.EndsByLimit("more memory than its limit of 100 MiB"),

        new AttackCase("memory shared with children counts once", "perl -e '$x = \"x\" x 40000000; for (1..5) { fork or do { sleep 1; exit } } 1 while wait > 0'; echo result=shared")
        { Limits = new() { Memory = 160 * Mega }, Confined = "shared", Process = "shared" },

        new AttackCase("disk filler", "i=0; while :; do head -c 200000 /dev/zero > f$i; i=$((i+1)); done")
        { Limits = new() { Disk = 8 * Mega } }.EndsByLimit("more space than its limit of 8 MiB"),

        new AttackCase("disk filler in TMPDIR", "i=0; while :; do head -c 200000 /dev/zero > $TMPDIR/f$i; i=$((i+1)); done")
        { Limits = new() { Disk = 8 * Mega } }.EndsByLimit("more space than its limit of 8 MiB"),

        new AttackCase("disk filler in a directory that cannot be listed", "mkdir d; chmod 300 d; i=0; while :; do head -c 200000 /dev/zero > d/f$i; i=$((i+1)); done")
        { Limits = new() { Disk = 8 * Mega } }.EndsByLimit("more space than its limit of 8 MiB"),

        new AttackCase("inode filler", "i=0; while :; do : > f$i; i=$((i+1)); done")
        { Limits = new() { DiskEntries = 500 } }.EndsByLimit("more files and directories than its limit of 500"),

        new AttackCase("inode filler, nested too deep to look", "while :; do mkdir dddddddddddddddddddddddddddddddddddddddd; cd dddddddddddddddddddddddddddddddddddddddd; done")
        { Limits = new() { DiskEntries = 100_000 } }.EndsByLimit("more files and directories than its limit of 100000"),

        new AttackCase("one huge file", "exec head -c 5000000 /dev/zero > big")
        { Limits = new() { FileSize = Mega } }.EndsByLimit("a file longer than its limit of 1 MiB"),

        new AttackCase("one huge file, from the depth of a script", "head -c 5000000 /dev/zero > big; exit $?")
        { Limits = new() { FileSize = Mega } }.EndsByLimit("a file longer than its limit of 1 MiB"),

        AttackCases.Try("shared memory of everybody", "head -c 200000 /dev/zero > /dev/shm/{token}")
            .Checking(o => Assert.False(File.Exists("/dev/shm/" + o.Token))) with { Bubblewrap = AttackCase.Done },

        new AttackCase("endless output", "exec yes")
        {
            TimeLimit = TimeSpan.FromSeconds(1), Limits = new() { Output = 100_000 },
            Confined = AttackCase.Nothing, Process = AttackCase.Nothing, State = ExecutionState.Failed, Reason = EndReason.TimedOut, Message = "longer than its limit of 1 s",
            Check = o => Assert.InRange(o.Stdout.Length, 100_000, 100_100),
        },

        new AttackCase("endless complaints without a line's end", "exec tr '\\0' x < /dev/zero >&2")
        {
            TimeLimit = TimeSpan.FromSeconds(1), Limits = new() { Output = 100_000 },
            Confined = AttackCase.Nothing, Process = AttackCase.Nothing, State = ExecutionState.Failed, Reason = EndReason.TimedOut, Message = "longer than its limit of 1 s",
            Check = o => Assert.InRange(o.Stderr.Length, 100_000, 100_100),
        },

        new AttackCase("CPU spinner that ignores TERM", "trap '' TERM; while :; do :; done")
        { Limits = new() { Cpu = TimeSpan.FromSeconds(0.5) } }.EndsByLimit("more CPU time than its limit of 0.5 s"),

        new AttackCase("CPU spinners side by side", "for i in 1 2 3 4; do (while :; do :; done) & done; wait")
        { Limits = new() { Cpu = TimeSpan.FromSeconds(0.8) } }.EndsByLimit("more CPU time than its limit of 0.8 s"),

        new AttackCase("CPU time by short-lived children", "while :; do (i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done); done")
        { Limits = new() { Cpu = TimeSpan.FromSeconds(0.8) } }.EndsByLimit("more CPU time than its limit of 0.8 s"),

        new AttackCase("more cores than allowed", "for i in 1 2 3 4; do (while :; do :; done) & done; sleep 1; echo result=done")
        {
            Limits = new() { Cpus = 1 }, Confined = AttackCase.Done, Process = AttackCase.Done,
            Check = o => Assert.InRange(o.Report.CpuSeconds!.Value, 0, 0.2 + (o.Report.EndedAt!.Value - o.Report.StartedAt!.Value).TotalSeconds),
        },

        new AttackCase("sleeping past the time limit and ignoring TERM", "trap '' TERM; while :; do sleep 1; done")
        {
            TimeLimit = TimeSpan.FromSeconds(0.5), Confined = AttackCase.Nothing, Process = AttackCase.Nothing,
            State = ExecutionState.Failed, Reason = EndReason.TimedOut, Message = "longer than its limit of 0.5 s",
        },

        new AttackCase("a script that hears TERM has its grace", "trap 'echo result=heard; exit 0' TERM; while :; do sleep 0.02; done")
        {
            TimeLimit = TimeSpan.FromSeconds(0.5), Confined = "heard", Process = "heard",
            State = ExecutionState.Failed, Reason = EndReason.TimedOut, Message = "longer than its limit of 0.5 s",
        },

        AttackCases.Perl("exhausting descriptors", "while (open(my $h, \"<\", \"/dev/null\")) { push @h, $h } $r = @h < 64 ? undef : 1", AttackCase.Held) with { Limits = new() { OpenFiles = 64 } },

        AttackCases.Try("leaving a core dump", "[ $(ulimit -c) != 0 ]", AttackCase.Held),

        AttackCases.Try("raising a limit again", "ulimit -n 1000", AttackCase.Held) with { Limits = new() { OpenFiles = 64 } },
    ];
}
