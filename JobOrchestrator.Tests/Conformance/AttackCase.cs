using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>
/// One attack, as a script that says by a line <c>result=…</c> what came of it, and what each tier must show. In a script <c>{client}</c> is the client's process
/// id, <c>{port}</c> its TCP port, <c>{data}</c> its directory, <c>{neighbour}</c> the neighbour's job directory, <c>{victim}</c> a process of the neighbour's,
/// <c>{outside}</c> a directory that is nobody's, <c>{token}</c> a word of this run's own.
/// </summary>
internal sealed record AttackCase(string Name, string Script)
{
    /// <summary>Refused, with whatever error.</summary>
    public const string Held = "held";

    /// <summary>It succeeded.</summary>
    public const string Done = "done";

    /// <summary>There is no result: the script does not get that far.</summary>
    public const string Nothing = "nothing";

    /// <summary>What the tiers above <c>process</c> must show.</summary>
    public string Confined { get; init; } = Held;

    /// <summary>What <c>bubblewrap</c> must show, where that differs.</summary>
    public string? Bubblewrap { get; init; }

    /// <summary>What <c>process</c> must show; null where the attack is beyond what that tier claims to stop.</summary>
    public string? Process { get; init; }

    /// <summary>What a client without any privileges, in the tier <c>landlock</c>, must show, where that differs.</summary>
    public string? Hardened { get; init; }

    public ExecutionLimits? Limits { get; init; }

    public TimeSpan? TimeLimit { get; init; }

    public bool Network { get; init; }

    public ExecutionState State { get; init; } = ExecutionState.Completed;

    public EndReason Reason { get; init; } = EndReason.Exited;

    /// <summary>Part of the message it ends with.</summary>
    public string Message { get; init; } = "";

    /// <summary>Whether it is killed as soon as it says <c>ready</c>.</summary>
    public bool Kill { get; init; }

    /// <summary>What else must hold of it.</summary>
    public Action<AttackOutcome>? Check { get; init; }

    /// <summary>The same ended by a limit.</summary>
    public AttackCase EndsByLimit(string message) => this with
    {
        Confined = Nothing,
        Process = Nothing,
        State = ExecutionState.Failed,
        Reason = EndReason.LimitExceeded,
        Message = message,
    };

    /// <summary>The same with one more condition.</summary>
    public AttackCase Checking(Action<AttackOutcome> check) => this with { Check = Check + check };

    public string? ExpectedIn(string tier) => tier switch
    {
        "process" => Process,
        "bubblewrap" => Bubblewrap ?? Confined,
        "hardened" => Hardened ?? Confined,
        _ => Confined,
    };

    /// <summary>Behind <c>bwrap</c> a signal is told as a shell tells it, by the exit code.</summary>
    public EndReason ReasonIn(string tier) => Reason == EndReason.Signalled && tier == "bubblewrap" ? EndReason.Exited : Reason;

    public override string ToString() => Name;
}
