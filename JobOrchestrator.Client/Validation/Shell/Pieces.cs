using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Collects a word.</summary>
/// <param name="partsOnly">Whether text between expansions is dropped.</param>
internal sealed class Pieces(bool partsOnly)
{
    private readonly StringBuilder _text = new();
    private List<Part>? _parts;
    private bool _quoted;

    public bool IsEmpty => _text.Length == 0 && _parts is null && !_quoted;

    public void Append(char c)
    {
        if (!partsOnly)
        {
            _text.Append(c);
        }
    }

    public void Append(ReadOnlySpan<char> text)
    {
        if (!partsOnly)
        {
            _text.Append(text);
        }
    }

    public void Quote() => _quoted = true;

    public void Add(Part part)
    {
        Flush();
        (_parts ??= []).Add(part);
    }

    /// <summary>Adds what stood between double quotes.</summary>
    public void AddQuoted(Word word)
    {
        _quoted = true;
        if (word.Text is not null)
        {
            _text.Append(word.Text);
            return;
        }

        Flush();
        (_parts ??= []).AddRange(word.Parts!);
    }

    public Word ToWord(bool quoted)
    {
        if (_parts is null)
        {
            return new Word(_text.ToString(), null, _quoted || quoted);
        }

        Flush();
        return new Word(null, _parts, _quoted || quoted);
    }

    private void Flush()
    {
        if (_text.Length > 0)
        {
            (_parts ??= []).Add(new Part(PartKind.Text, _text.ToString()));
            _text.Clear();
        }
    }
}
