namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>A command of a pipeline.</summary>
/// <param name="line">1-based line of its first word.</param>
internal abstract class Node(int line)
{
    public int Line { get; } = line;

    public Redirection[] Redirections { get; set; } = [];
}
