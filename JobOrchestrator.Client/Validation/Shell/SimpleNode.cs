namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Assignments, words and redirections.</summary>
internal sealed class SimpleNode(int line, Assignment[] assignments, Word[] words) : Node(line)
{
    public Assignment[] Assignments { get; } = assignments;

    public Word[] Words { get; } = words;
}
