namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>One word of shell. Quoting is resolved; unquoted special characters are <see cref="Mark"/>s.</summary>
/// <param name="Text">The word, when it has no expansions.</param>
/// <param name="Parts">Its pieces, when it has.</param>
/// <param name="Quoted">Whether any of it was quoted: such a word is no keyword, and is a word even when empty.</param>
internal sealed record Word(string? Text, List<Part>? Parts, bool Quoted)
{
    public static Word Empty { get; } = new("", null, false);

    public bool HasBraces
    {
        get
        {
            if (Text is not null)
            {
                return Text.Contains(Mark.BraceOpen);
            }

            foreach (var part in Parts!)
            {
                if (part.Kind == PartKind.Text && part.Text.Contains(Mark.BraceOpen))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
