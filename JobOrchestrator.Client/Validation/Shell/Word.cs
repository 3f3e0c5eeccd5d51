namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>One word of shell. Quoting is resolved; unquoted special characters are <see cref="Mark"/>s.</summary>
/// <param name="Text">The word, when it has no expansions.</param>
/// <param name="Parts">Its pieces, when it has.</param>
/// <param name="Quoted">Whether any of it was quoted: such a word is no keyword, and is a word even when empty.</param>
internal sealed record Word(string? Text, IReadOnlyList<Part>? Parts, bool Quoted)
{
    public static Word Empty { get; } = new("", null, false);

    public bool HasBraces => Text is not null
        ? Text.Contains(Mark.BraceOpen)
        : Parts!.Any(p => p.Kind == PartKind.Text && p.Text.Contains(Mark.BraceOpen));
}
