namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Collects a word. One is used for many, since a script has millions.</summary>
internal sealed class Pieces
{
    /// <summary>A buffer that has grown beyond this is not kept.</summary>
    private const int MaxKept = 1 << 16;

    /// <summary>A word of more parts is longer than any that is followed: from there on only what it runs counts.</summary>
    private const int MaxParts = 1 << 14;

    private char[] _text = new char[64];
    private int _length;
    private Part? _first;
    private List<Part>? _parts;
    private HashSet<string>? _names;
    private bool _partsOnly;
    private bool _quoted;

    public bool IsEmpty => _length == 0 && _first is null && _parts is null && !_quoted;

    /// <param name="partsOnly">Whether text between expansions is dropped, and a variable of which only the value is asked stands there once.</param>
    public void Begin(bool partsOnly)
    {
        _length = 0;
        _first = null;
        _parts = null;
        _quoted = false;
        _partsOnly = false;
        _names = null;
        if (partsOnly)
        {
            LeaveTextOut();
        }

        if (_text.Length > MaxKept)
        {
            _text = new char[64];
        }
    }

    public void Append(char c)
    {
        if (_partsOnly)
        {
            return;
        }

        if (_length == _text.Length)
        {
            Array.Resize(ref _text, 2 * _length);
        }

        _text[_length++] = c;
    }

    public void Append(ReadOnlySpan<char> text)
    {
        if (_partsOnly)
        {
            return;
        }

        if (_length + text.Length > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(2 * _text.Length, _length + text.Length));
        }

        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    public void Quote() => _quoted = true;

    public void Add(Part part)
    {
        if (_names is not null && part is { Kind: PartKind.Variable, Operator.Length: 0, Index: null } && !_names.Add(part.Text))
        {
            return;
        }

        if (_length == 0 && _first is null && _parts is null)
        {
            _first = part; // most words with an expansion are nothing else
            return;
        }

        Flush();
        _parts!.Add(part);
        if (_parts.Count == MaxParts && !_partsOnly)
        {
            LeaveTextOut();
        }
    }

    /// <summary>Adds what stood between double quotes.</summary>
    public void AddQuoted(Word word)
    {
        _quoted = true;
        if (word.Text is not null)
        {
            Append(word.Text);
            return;
        }

        for (var i = 0; i < word.Parts!.Count; i++)
        {
            Add(word.Parts[i]);
        }
    }

    public Word ToWord(bool quoted, WordCache words)
    {
        quoted |= _quoted;
        var text = _text.AsSpan(0, _length);
        if (_parts is null)
        {
            return _first is not null && text.Length == 0 && quoted == _first.Quoted ? _first.Alone
                : _first is not null ? new Word(null, text.Length == 0 ? [_first] : [_first, new Part(PartKind.Text, text.ToString())], quoted)
                : quoted ? words.QuotedOf(text) : words.WordOf(text);
        }

        Flush();
        return new Word(null, _parts, quoted);
    }

    private void LeaveTextOut()
    {
        Flush();
        _parts!.Add(new Part(PartKind.Text, Mark.LeftOut));
        _partsOnly = true;
        _names = new HashSet<string>(StringComparer.Ordinal);
    }

    private void Flush()
    {
        _parts ??= new List<Part>(2);
        if (_first is not null)
        {
            _parts.Add(_first);
            _first = null;
        }

        if (_length > 0)
        {
            _parts.Add(new Part(PartKind.Text, new string(_text, 0, _length)));
            _length = 0;
        }
    }
}
