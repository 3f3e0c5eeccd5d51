using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>Outliving one's end, and lying about it.</summary>
internal static class SurvivalAttacks
{
    private static readonly (string Name, string Script)[] Daemons =
    [
        ("setsid", "setsid bash -c 'exec -a {token} sleep 300' &"),
        ("nohup", "nohup bash -c 'exec -a {token} sleep 300' > /dev/null 2>&1 &"),
        ("double fork", "(setsid bash -c '(exec -a {token} sleep 300) & disown' &);"),
        ("stopped", "bash -c 'kill -STOP $$; exec -a {token} sleep 300' & bash -c 'exec -a {token} sleep 300' & kill -STOP $!"),
        ("ignoring all signals", "setsid perl -e '$SIG{$_} = \"IGNORE\" for keys %SIG; $0 = \"{token}\"; sleep 1 while 1' &"),
        ("without the mark in its environment", "env -i setsid bash -c 'exec -a {token} sleep 300' &"),
        ("starting itself again and again", "perl -e '$0 = \"{token}\"; setpgrp; while (1) { $p = fork; exit if $p; select(undef, undef, undef, 0.005) }' &"),
        ("holding the output open", "setsid bash -c 'exec -a {token} sleep 300' < /dev/null &"),
        ("without its output", "setsid bash -c 'exec -a {token} sleep 300' <&- >&- 2>&- &"),
        ("a subreaper of its own", "setsid perl -e 'syscall(" + KernelAttacks.WithNumbers("{157,167}") + ", 36, 1, 0, 0, 0); $0 = \"{token}\"; fork || sleep 300; sleep 300' &"),
    ];

    public static AttackCase[] Cases { get; } =
    [
        .. Daemons.Select(d => new AttackCase($"surviving the end: {d.Name}", d.Script + " sleep 0.1; echo result=left")
        {
            Confined = "left", Process = "left", Check = o => Assert.Empty(o.Leftovers),
        }),
        .. Daemons.Select(d => new AttackCase($"surviving a kill: {d.Name}", d.Script + " sleep 0.1; echo ready; trap '' TERM; while :; do sleep 0.05; done")
        {
            Confined = AttackCase.Nothing, Process = AttackCase.Nothing, Kill = true, State = ExecutionState.Killed, Reason = EndReason.Cancelled,
            Check = o => Assert.Empty(o.Leftovers),
        }),
        new AttackCase("surviving a time limit", "setsid bash -c 'trap \"\" TERM; exec -a {token} sleep 300' & trap '' TERM; while :; do sleep 0.05; done")
        {
            Confined = AttackCase.Nothing, Process = AttackCase.Nothing, TimeLimit = TimeSpan.FromSeconds(0.5),
            State = ExecutionState.Failed, Reason = EndReason.TimedOut, Check = o => Assert.Empty(o.Leftovers),
        },
        new AttackCase("a script that ends itself by a signal", "kill -9 $$")
        {
            // Behind bwrap it is told as a shell tells it.
            Confined = AttackCase.Nothing, Process = AttackCase.Nothing, State = ExecutionState.Failed, Reason = EndReason.Signalled,
            Message = "signal 9", Check = o => Assert.Equal(o.Tier == "bubblewrap" ? (137, null) : (null, 9), (o.Report.ExitCode, o.Report.Signal)),
        },
        Lie("the classic exit code file", "echo 0 > .orchestrator.exit; exit 7"),
        Lie("a result of its own", "echo '{\"ExitCode\":0}' > result.json; mkdir control; cp result.json control/; exit 7"),
        Lie("the launcher's result", "(echo '{\"ExitCode\":0}' > ../control/result.json.new) 2>/dev/null; exit 7") with { Process = null },
        Lie("a trap that exits otherwise", "trap 'exit 7' EXIT; exit 0"),
        Lie("another exit code in the output", "echo 'exit code 0'; exit 7"),
        new AttackCase("output files of its own", "echo mine > stdout.log; echo mine > stderr.log; echo theirs; echo result=done")
        {
            Confined = AttackCase.Done, Process = AttackCase.Done,
            Check = o => Assert.Equal(("mine\n", "theirs\nresult=done\n"), (o.Result["stdout.log"], o.Result["orchestrator-stdout.log"])),
        },
    ];

    private static AttackCase Lie(string name, string script) => new("faking: " + name, script)
    {
        Confined = AttackCase.Nothing,
        Process = AttackCase.Nothing,
        State = ExecutionState.Failed,
        Message = "exit code 7",
        Check = o => Assert.Equal(7, o.Report.ExitCode),
    };
}
