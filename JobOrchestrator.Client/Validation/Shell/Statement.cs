namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>One pipeline.</summary>
/// <param name="Stages">Its commands, at least one.</param>
/// <param name="Conditional">Whether it runs only if the one before it went so or so (<c>&amp;&amp;</c>, <c>||</c>).</param>
internal sealed record Statement(Node[] Stages, bool Conditional)
{
    /// <summary>Whether it ends with <c>&amp;</c>.</summary>
    public bool Background { get; set; }

    /// <summary>Whether there is such a statement among these, or in the constructs they are.</summary>
    public static bool Any(IReadOnlyList<Statement> statements, Func<Statement, bool> condition) =>
        statements.Any(s => condition(s) || s.Stages.Any(n => n is CompoundNode inner && (Any(inner.Condition, condition) || Any(inner.Body, condition))));
}
