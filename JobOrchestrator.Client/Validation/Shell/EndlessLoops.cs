using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Recognises loops that cannot end, because nothing in them computes, waits or leaves.</summary>
internal static class EndlessLoops
{
    /// <summary>Commands that neither compute nor wait nor leave, and make nothing.</summary>
    private static readonly FrozenSet<string> Idle = FrozenSet.Create(
        StringComparer.Ordinal, ":", "true", "false", "cd", "pushd", "popd", "let", "test", "[", "pwd", "dirs", "shift", "set", "export", "local", "declare", "unset", "date", "expr", "umask");

    /// <summary>Commands that only make something.</summary>
    private static readonly FrozenSet<string> Makers = FrozenSet.Create(
        StringComparer.Ordinal, "mkdir", "touch", "cp", "ln", "mktemp", "tee", "truncate", "fallocate", "mkfifo", "dd");

    /// <summary>Commands that print; they make something where that is kept.</summary>
    private static readonly FrozenSet<string> Printers = FrozenSet.Create(StringComparer.Ordinal, "echo", "printf", "seq", "yes");

    /// <summary>What a loop over these statements comes to if nothing else ends it; null when something in it may, or may be of use.</summary>
    public static EndlessLoop? Of(IReadOnlyList<Statement> body)
    {
        var fills = false;
        return All(body, ref fills) ? fills ? EndlessLoop.Fills : EndlessLoop.Spins : null;
    }

    /// <summary>Whether a loop puts what never ends into a file at every turn, and nothing in it leaves.</summary>
    public static bool PoursWithoutEnd(IReadOnlyList<Statement> body) => Any(body, Pours) && !Any(body, n => n.Name is "break" or "exit" or "return" or "exec" or "kill");

    /// <summary>Whether a loop goes on for as long as there is room for what its condition makes.</summary>
    public static bool MakesInCondition(IReadOnlyList<Statement> condition) =>
        condition is [{ Stages: [SimpleNode node] }] && (node.Name is "fallocate" or "truncate" or "dd" or "mktemp" || Pours(node));

    private static bool Any(IReadOnlyList<Statement> body, Func<SimpleNode, bool> condition) =>
        Statement.Any(body, s => s.Stages.Any(n => n is SimpleNode simple && condition(simple)));

    private static bool Pours(SimpleNode node) =>
        node.Words.Any(w => w.Text is { } text && (IsEndless(text) || (text.StartsWith("if=", StringComparison.Ordinal) && IsEndless(text[3..]))))
        && (Keeps(node) || node.Name is "dd" && node.Words.Any(w => w.Text is null || (w.Text.StartsWith("of=", StringComparison.Ordinal) && w.Text != "of=/dev/null")));

    private static bool IsEndless(string file) => file is "/dev/zero" or "/dev/urandom" or "/dev/random";

    private static bool All(IReadOnlyList<Statement> body, ref bool fills)
    {
        foreach (var statement in body)
        {
            foreach (var node in statement.Stages)
            {
                if (!(node is SimpleNode simple ? Goes(simple, ref fills) : Goes((CompoundNode)node, ref fills)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Goes(CompoundNode node, ref bool fills)
    {
        fills |= Keeps(node);
        return node.Kind is CompoundKind.Arithmetic or CompoundKind.Test
            || (node.Kind is CompoundKind.Group or CompoundKind.Subshell or CompoundKind.If or CompoundKind.For && All(node.Condition, ref fills) && All(node.Body, ref fills));
    }

    private static bool Goes(SimpleNode node, ref bool fills)
    {
        // x=$x$x
        fills |= node.Assignments.Any(a => a.Append || (a.Value.Parts?.Count(p => p.Kind == PartKind.Variable && p.Text == a.Name) ?? 0) > 1);
        if (node.Name is not { } name)
        {
            return node.Words.Length == 0;
        }

        if (Makers.Contains(name))
        {
            fills = true;
            return true;
        }

        if (name == "cat" && node.Words.Skip(1).Any(w => w.Text is { } file && node.Redirections.Any(r => !r.IsInput && r.Target.Text == file)))
        {
            fills = true; // a file that is appended to itself
            return true;
        }

        fills |= Printers.Contains(name) && Keeps(node);
        return Idle.Contains(name) || Printers.Contains(name);
    }

    /// <summary>Whether the output goes to a file and stays there.</summary>
    private static bool Keeps(Node node) => node.Redirections.Any(r => !r.IsInput && r.Target.Text is not ("/dev/null" or "1" or "2"));
}
