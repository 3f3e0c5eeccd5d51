using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>Reaching into the kernel, by calls that would do no harm if they were let through.</summary>
internal static partial class KernelAttacks
{
    private const string NotPermitted = "held 1";
    private const string NoSuchCall = "held 38";

    public static AttackCase[] Cases { get; } =
    [
        AttackCases.Try("a user namespace", "unshare --user true"),
        AttackCases.Try("a network namespace", "unshare --user --net true"),
        AttackCases.Try("a mount namespace", "unshare --user --mount true"),
        AttackCases.Try("a sandbox in the sandbox", "bwrap --ro-bind / / true"),
        Call("a user namespace by clone", "$r = syscall({56,220}, 0x10000011, 0, 0, 0, 0); exit if $r == 0"),
        Call("clone3, whose arguments cannot be seen", "$a = \"\\0\" x 88; $r = syscall(435, $a, 88); exit if $r == 0", NoSuchCall),
        Call("openat2, whose arguments cannot be seen", "$r = syscall(437, -100, \"/etc/passwd\", \"\\0\" x 24, 24)", NoSuchCall),
        Call("entering a namespace", "open(my $h, \"<\", \"/proc/self/ns/uts\"); $r = syscall({308,268}, fileno($h), 0)"),
        Call("mount", "$r = syscall({165,40}, \"none\", \".\", \"tmpfs\", 0, 0)"),
        Call("umount", "$r = syscall({166,39}, \"/nowhere\", 0)"),
        Call("chroot", "$r = chroot(\".\") ? 1 : undef"),
        Call("pivot_root", "$r = syscall({155,41}, \".\", \".\")"),
        Call("open_tree", "$r = syscall(428, -100, \".\", 1)"),
        Call("move_mount", "$r = syscall(429, -100, \".\", -100, \".\", 0)"),
        Call("fsopen", "$r = syscall(430, \"tmpfs\", 0)"),
        Call("mount_setattr", "$r = syscall(442, -100, \".\", 0, 0, 0)"),
        Call("opening by handle", "$r = syscall({304,265}, -100, 0, 0)"),
        Call("asking for a handle", "$b = pack(\"LL\", 128, 0) . (\"\\0\" x 128); $m = pack(\"L\", 0); $r = syscall({303,264}, -100, \".\", $b, $m, 0)"),
        Call("keyctl", "$r = syscall({250,219}, 0, -3, 0, 0, 0)"),
        Call("add_key", "$r = syscall({248,217}, \"user\", \"{token}\", \"x\", 1, -3)"),
        Call("request_key", "$r = syscall({249,218}, \"user\", \"{token}\", 0, 0)"),
        Call("bpf", "$r = syscall({321,280}, 0, \"\\0\" x 128, 128)"),
        Call("perf_event_open", "$r = syscall({298,241}, \"\\0\" x 128, 0, -1, -1, 0)"),
        Call("userfaultfd", "$r = syscall({323,282}, 1)"),
        Call("io_uring_setup", "$b = \"\\0\" x 120; $r = syscall(425, 1, $b)"),
        Call("io_uring_enter", "$r = syscall(426, 0, 0, 0, 0, 0, 0)"),
        Call("io_uring_register", "$r = syscall(427, 0, 0, 0, 0)"),
        Call("init_module", "$r = syscall({175,105}, 0, 0, \"\")"),
        Call("finit_module", "$r = syscall({313,273}, 0, \"\", 0)"),
        Call("delete_module", "$r = syscall({176,106}, \"{token}\", 0)"),
        Call("kexec_load", "$r = syscall({246,104}, 0, 0, 0, 0)"),
        Call("reboot, with wrong magic", "$r = syscall({169,142}, 0, 0, 0, 0)"),
        Call("swapon", "$r = syscall({167,224}, \"/nowhere\", 0)"),
        Call("acct", "$r = syscall({163,89}, \"/nowhere\")"),
        Call("quotactl", "$r = syscall({179,60}, 0x80000700, \"/nowhere\", 0, 0)"),
        Call("the kernel's log by call", "$r = syscall({103,116}, 10, 0, 0)"),
        Call("setting the clock", "$r = syscall({227,112}, 0, 0)"),
        Call("setting the time of day", "$r = syscall({164,170}, 0, 0)"),
        Call("setting the host name", "$r = syscall({170,161}, \"x\", 1)"),
        Call("vhangup", "$r = syscall({153,58})"),
        Call("fanotify_init", "$r = syscall({300,262}, 0, 0)"),
        Call("process_madvise", "$r = syscall(440, -1, 0, 0, 0, 0)"),
        Call("System V shared memory", "$r = syscall({29,194}, 0, 4096, 0600)") with { Bubblewrap = AttackCase.Done },
        Call("System V semaphores", "$r = syscall({64,190}, 0, 1, 0600)") with { Bubblewrap = AttackCase.Done },
        Call("System V queues", "$r = syscall({68,186}, 0, 0600)") with { Bubblewrap = AttackCase.Done },
        Call("POSIX queues", "$r = syscall({240,180}, \"{token}\", 0102, 0600, 0)") with { Bubblewrap = AttackCase.Done },
        Call("forging terminal input", "$r = syscall({16,29}, 0, 0x5412, \"x\")"),
        Call("another personality", "$r = syscall({135,92}, 0x0400000)"),
        Call("a call of the future", "$r = syscall(9999)", NoSuchCall),
        Call("x32 calls", "$r = syscall(0x40000000 + 39)", NoSuchCall),
    ];

    /// <summary>Puts in the numbers of this machine: <c>{x86-64,arm64}</c>.</summary>
    public static string WithNumbers(string program) => NumberPattern().Replace(
        program, m => m.Groups[RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 2 : 1].Value);

    private static AttackCase Call(string name, string program, string expected = NotPermitted) =>
        AttackCases.Perl(name, WithNumbers(program)) with { Confined = expected };

    [GeneratedRegex(@"\{(\d+),(\d+)\}")]
    private static partial Regex NumberPattern();
}
