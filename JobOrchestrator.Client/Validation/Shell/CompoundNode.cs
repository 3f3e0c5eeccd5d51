namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Anything that holds statements.</summary>
internal sealed class CompoundNode(int line, CompoundKind kind) : Node(line)
{
    public CompoundKind Kind { get; } = kind;

    /// <summary>Variable of a loop, name of a function.</summary>
    public string Name { get; init; } = "";

    /// <summary>Words of a <c>for</c>, or null when it goes over the arguments; subject and patterns of a <c>case</c>; words of a <c>[[ ]]</c> or <c>(( ))</c>.</summary>
    public IReadOnlyList<Word>? Words { get; init; }

    /// <summary>Fingerprint of the text of a function.</summary>
    public ulong SourceHash { get; init; }

    /// <summary>Where the body of a function stands.</summary>
    public FunctionSource Source { get; init; }

    /// <summary>Condition of a loop.</summary>
    public IReadOnlyList<Statement> Condition { get; init; } = [];

    /// <summary>What it runs, branch after branch.</summary>
    public IReadOnlyList<Statement> Body { get; init; } = [];
}
