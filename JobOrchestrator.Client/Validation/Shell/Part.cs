namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>A piece of a word.</summary>
internal sealed class Part(PartKind kind, string text)
{
    public PartKind Kind { get; } = kind;

    /// <summary>The text, or the variable's name.</summary>
    public string Text { get; } = text;

    /// <summary>Whether its value is one field, whatever is in it.</summary>
    public bool Quoted { get; init; }

    /// <summary>Operator of a <c>${x…}</c>, such as <c>:-</c> or <c>//</c>; empty for the plain value.</summary>
    public string Operator { get; init; } = "";

    /// <summary>Subscript of an array element.</summary>
    public Word? Index { get; init; }

    /// <summary>What follows the operator; the expression of arithmetic.</summary>
    public Word? Operand { get; init; }

    /// <summary>Replacement of <c>${x/a/b}</c>, length of <c>${x:a:b}</c>.</summary>
    public Word? Second { get; init; }

    /// <summary>What a substitution runs.</summary>
    public IReadOnlyList<Statement> Statements { get; init; } = [];

    /// <summary>The word that is nothing but this.</summary>
    public Word Alone => field ??= new Word(null, [this], Quoted);

    /// <summary>Whether a process substitution is written to (<c>&gt;(…)</c>).</summary>
    public bool IsSink { get; init; }
}
