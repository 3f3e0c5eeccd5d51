namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Assignments, words and redirections.</summary>
internal sealed class SimpleNode(int line, IReadOnlyList<Assignment> assignments, IReadOnlyList<Word> words) : Node(line)
{
    public IReadOnlyList<Assignment> Assignments { get; } = assignments;

    public IReadOnlyList<Word> Words { get; } = words;
}
