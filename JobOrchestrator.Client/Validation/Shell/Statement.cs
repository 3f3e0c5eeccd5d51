namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>One pipeline.</summary>
/// <param name="Stages">Its commands, at least one.</param>
/// <param name="Conditional">Whether it runs only if the one before it went so or so (<c>&amp;&amp;</c>, <c>||</c>).</param>
internal sealed record Statement(Node[] Stages, bool Conditional)
{
    /// <summary>Whether it ends with <c>&amp;</c>.</summary>
    public bool Background { get; set; }
}
