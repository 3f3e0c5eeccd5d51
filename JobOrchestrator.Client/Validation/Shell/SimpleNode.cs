namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Assignments, words and redirections.</summary>
internal sealed class SimpleNode(int line, Assignment[] assignments, Word[] words) : Node(line)
{
    public Assignment[] Assignments { get; } = assignments;

    public Word[] Words { get; } = words;

    /// <summary>Name of the command where it stands as it is; null when there is none, or it is only known at run time.</summary>
    public string? Name => Words is [{ Text: { } name }, ..] ? name : null;
}
