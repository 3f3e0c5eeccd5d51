namespace JobOrchestrator.Tests.Conformance;

/// <summary>The table of all attacks.</summary>
internal static class AttackCases
{
    public static IReadOnlyDictionary<string, AttackCase> All { get; } = new[]
    {
        ResourceAttacks.Cases, NetworkAttacks.Cases, FileAttacks.Cases, ProcessAttacks.Cases, KernelAttacks.Cases, SurvivalAttacks.Cases,
        CollectionAttacks.Cases,
    }.SelectMany(c => c).ToDictionary(c => c.Name, StringComparer.Ordinal);

    /// <summary>A script that tries a shell command.</summary>
    public static AttackCase Try(string name, string command, string? process = null) =>
        new(name, $"if {{ {command}; }} 2>/dev/null; then echo result=done; else echo result=held; fi") { Process = process };

    /// <summary>A script in Perl that leaves its result in <c>$r</c>, undefined or -1 for a refusal. Perl's <c>syscall</c> wants no constants.</summary>
    public static AttackCase Perl(string name, string program, string? process = null) =>
        new(name, $"perl -e 'sub call {{ my @a = @_; syscall(shift(@a), @a) }} {program.Replace("syscall(", "call(", StringComparison.Ordinal)}; print \"result=\", (!defined $r || $r == -1) ? \"held \".($!+0) : \"done\", \"\\n\"'") { Process = process };
}
