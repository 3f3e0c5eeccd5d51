namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>What the lexers of one script share, so that it need not be made for each word.</summary>
internal sealed class LexerMemory
{
    /// <summary>Free ones.</summary>
    public Stack<Pieces> Pieces { get; } = new();

    public Stack<List<Word>> WordLists { get; } = new();

    public Stack<List<Redirection>> RedirectionLists { get; } = new();

    public Stack<List<Statement>> StatementLists { get; } = new();

    /// <summary>Room for a plain command without its quotes.</summary>
    public char[] Unquoted { get; } = new char[ShellLexer.PlainWindow];

    public WordCache Words { get; } = new();
}
