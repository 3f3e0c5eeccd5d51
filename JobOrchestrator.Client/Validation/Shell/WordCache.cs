namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Words and variables that a script repeats, so that they are not made again each time. Holds the last ones, in a fixed number of places.</summary>
internal sealed class WordCache
{
    private const int Places = 1 << 11;
    private const int MaxLength = 32;

    /// <summary>Characters of the longest word that is remembered as it stands in the text.</summary>
    public const int MaxRead = 48;

    private readonly Word?[] _words = new Word?[Places];
    private readonly Word?[] _quoted = new Word?[Places];
    private readonly Part?[] _variables = new Part?[Places];
    private readonly Redirection?[] _redirections = new Redirection?[Places];
    private readonly (string Text, int Start, int Length, Word Word)[] _read = new (string, int, int, Word)[Places];

    /// <summary>A word without quotes and expansions.</summary>
    public Word WordOf(ReadOnlySpan<char> text) => Find(_words, text, quoted: false);

    /// <summary>The text of a short name, or of a word that is quoted throughout.</summary>
    public Word QuotedOf(ReadOnlySpan<char> text) => Find(_quoted, text, quoted: true);

    /// <summary>A name that stands before an equals sign.</summary>
    public string NameOf(ReadOnlySpan<char> text) => WordOf(text).Text!;

    /// <summary><c>$x</c></summary>
    public Part VariableOf(ReadOnlySpan<char> name, bool quoted)
    {
        ref var place = ref _variables[(PlaceOf(name) + (quoted ? 1 : 0)) & (Places - 1)];
        if (place is null || place.Quoted != quoted || !name.SequenceEqual(place.Text))
        {
            place = new Part(PartKind.Variable, name.ToString()) { Quoted = quoted };
        }

        return place;
    }

    /// <summary>A redirection that is no here-document, and so is the same wherever it stands.</summary>
    public Redirection RedirectionOf(string descriptor, string op, Word target)
    {
        if (target.Text is not { Length: <= MaxLength } text)
        {
            return new Redirection(descriptor, op, target);
        }

        ref var place = ref _redirections[(PlaceOf(text) + op.Length + descriptor.Length) & (Places - 1)];
        if (place is null || !ReferenceEquals(place.Target, target) || place.Operator != op || place.Descriptor != descriptor)
        {
            place = new Redirection(descriptor, op, target);
        }

        return place;
    }

    /// <summary>The word that was read from the same characters before, quotes and expansions included.</summary>
    public Word? FindRead(ReadOnlySpan<char> source)
    {
        ref var place = ref _read[PlaceOf(source)];
        return place.Length == source.Length && source.SequenceEqual(place.Text.AsSpan(place.Start, place.Length)) ? place.Word : null;
    }

    /// <summary>Remembers a word together with where it was read. The characters stay where they are.</summary>
    public void KeepRead(string text, int start, int length, Word word) => _read[PlaceOf(text.AsSpan(start, length))] = (text, start, length, word);

    private static Word Find(Word?[] words, ReadOnlySpan<char> text, bool quoted)
    {
        if (text.Length > MaxLength)
        {
            return new Word(text.ToString(), null, quoted);
        }

        ref var place = ref words[PlaceOf(text)];
        if (place is null || !text.SequenceEqual(place.Text))
        {
            place = new Word(text.ToString(), null, quoted);
        }

        return place;
    }

    /// <summary>Mixes length and some characters: reading all of them would cost as much as it saves.</summary>
    private static int PlaceOf(ReadOnlySpan<char> text) => text.Length == 0 ? 0
        : ((text[0] * 31) + (text[text.Length / 2] * 131) + (text[^1] * 1031) + (text.Length * 8191)) & (Places - 1);
}
