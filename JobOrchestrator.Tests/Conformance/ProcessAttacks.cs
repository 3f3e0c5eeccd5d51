namespace JobOrchestrator.Tests.Conformance;

/// <summary>Laying hands on other processes.</summary>
internal static class ProcessAttacks
{
    // In the tier "process" most of this is open when the client is an ordinary user, and partly closed when it is root; it claims nothing.
    public static AttackCase[] Cases { get; } =
    [
        AttackCases.Try("signalling the client", "kill -0 {client}"),
        AttackCases.Try("signalling the neighbour", "kill -URG {victim}"),
        // In a namespace of its own that is the init of the namespace, which no signal of its children ends.
        AttackCases.Try("signalling its launcher", "kill -0 $(awk '/^PPid/ { print $2 }' /proc/$$/status)", AttackCase.Done) with { Bubblewrap = AttackCase.Done },
        // Whoever hears it writes that down; the neighbour must not have.
        new AttackCase("signalling everybody", "trap 'heard=1' URG; kill -URG -1; sleep 0.1; echo result=${heard:-alone}") { Confined = "alone" },
        AttackCases.Try("reading the client's environment", "cat /proc/{client}/environ"),
        AttackCases.Try("reading the client's memory", "head -c 1 /proc/{client}/mem"),
        AttackCases.Try("reading the client's memory map", "cat /proc/{client}/maps"),
        // Landlock hides no names, only what they stand for.
        AttackCases.Try("counting the client's descriptors", "ls /proc/{client}/fd/ > /dev/null", AttackCase.Done) with { Confined = AttackCase.Done, Bubblewrap = AttackCase.Held },
        AttackCases.Try("following the client's descriptors", "readlink /proc/{client}/fd/0"),
        AttackCases.Try("reading the client's command line", "[ -n \"$(tr -d '\\0' < /proc/{client}/cmdline)\" ]", AttackCase.Done) with { Confined = AttackCase.Done, Bubblewrap = AttackCase.Held },
        AttackCases.Try("going through the client's root", "ls /proc/{client}/root/root/"),
        AttackCases.Try("going through the client's directory", "ls /proc/{client}/cwd/"),
        AttackCases.Try("reading the neighbour's environment", "cat /proc/{victim}/environ"),
        AttackCases.Try("being the likelier victim when memory runs out", "[ $(cat /proc/$$/oom_score_adj) -lt 500 ]", AttackCase.Held) with { Hardened = AttackCase.Done },
        Call("setting the client's priority as it is", "$p = getpriority(0, {client}); $r = setpriority(0, {client}, $p) || undef"),
        Call("setting the priority of its whole user", "$r = setpriority(2, $<, 19) || undef"),
        Call("lowering its own priority is fine", "$r = setpriority(0, 0, 19) || undef", AttackCase.Done) with { Confined = AttackCase.Done },
        Call("binding the client to a core", "$m = pack(\"Q\", ~0); $r = syscall({203,122}, {client}, 8, $m)"),
        Call("binding itself to all cores is fine", "$m = pack(\"Q\", ~0); $r = syscall({203,122}, 0, 8, $m)", AttackCase.Done) with { Confined = AttackCase.Done },
        Call("the client's scheduling", "$m = pack(\"L\", 0); $r = syscall({144,119}, {client}, 0, $m)"),
        Call("the client's scheduling parameters", "$m = pack(\"L\", 0); $r = syscall({142,118}, {client}, $m)"),
        Call("the client's disk priority", "$r = syscall({251,30}, 1, {client}, 0x4004)"),
        Call("the client's limits", "$m = pack(\"QQ\", 0, 0); $r = syscall({302,261}, {client}, 7, 0, $m)"),
        Call("tracing the client", "$r = syscall({101,117}, 16, {client}, 0, 0)"),
        Call("tracing its own child", "$p = fork || do { sleep 1; exit }; $r = syscall({101,117}, 16, $p, 0, 0)"),
        Call("reading another's memory by call", "$b = \" \" x 64; $v = pack(\"QQ\", unpack(\"Q\", pack(\"P\", $b)), 64); $r = syscall({310,270}, {client}, $v, 1, $v, 1, 0)"),
        Call("writing another's memory by call", "$b = \" \" x 64; $v = pack(\"QQ\", unpack(\"Q\", pack(\"P\", $b)), 64); $r = syscall({311,271}, {client}, $v, 1, $v, 1, 0)"),
        Call("taking another's descriptor", "$f = syscall(434, {client}, 0); $r = syscall(438, $f, 0, 0)"),
        Call("comparing with the client", "$r = syscall({312,272}, $$, {client}, 0, 0, 0)"),
        Call("moving another's pages", "$r = syscall({279,239}, {client}, 0, 0, 0, 0, 0)"),
        AttackCases.Try("inherited descriptors", "[ \"$(ls /proc/self/fd | tr '\\n' ' ')\" != '0 1 2 3 ' ]", AttackCase.Held),
        AttackCases.Try("an inherited environment", "[ \"$(env | cut -d= -f1 | sort | tr '\\n' ' ')\" != 'HOME JOBORCHESTRATOR_EXECUTION LANG PATH PWD SHLVL TMPDIR USER _ ' ]", AttackCase.Held),
        AttackCases.Try("capabilities", "grep -E '^Cap(Prm|Eff|Inh|Amb)' /proc/self/status | grep -v 0000000000000000", AttackCase.Held),
        AttackCases.Try("gaining privileges", "! grep -q 'NoNewPrivs:.1' /proc/self/status", AttackCase.Held),
    ];

    private static AttackCase Call(string name, string program, string? process = null) => AttackCases.Perl(name, KernelAttacks.WithNumbers(program), process);
}
