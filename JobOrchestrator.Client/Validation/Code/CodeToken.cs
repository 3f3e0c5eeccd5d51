namespace JobOrchestrator.Client.Validation.Code;

/// <summary>A name with its qualifiers (<c>os.path.join</c>, <c>IO::Socket</c>), a string's text, or one other character.</summary>
internal readonly record struct CodeToken(CodeTokenKind Kind, string Text, int Line)
{
    public bool Is(char symbol) => Kind == CodeTokenKind.Symbol && Text[0] == symbol;
}
