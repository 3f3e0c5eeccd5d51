using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Text of a file, which may grow.</summary>
internal sealed class KnownFile(string text, int line)
{
    private string? _text = text;
    private StringBuilder? _growing;

    /// <summary>Where the text stands in the script, 0 when it is not a piece of it.</summary>
    public int Line { get; private set; } = line;

    public int Length => _growing?.Length ?? _text!.Length;

    public string Text => _text ??= _growing!.ToString();

    /// <summary>Fingerprint of the text; of one that grows, of how it has grown.</summary>
    public ulong Hash { get; private set; } = StateHash.Of(text);

    public bool Holds(string text) => Length == text.Length && Hash == StateHash.Of(text);

    public void Replace(string text, int line)
    {
        (_text, _growing, Line, Hash) = (text, null, line, StateHash.Of(text));
    }

    public void Append(string text)
    {
        _growing ??= new StringBuilder(_text);
        _growing.Append(text);
        _text = null;
        Hash = (Hash * 31) ^ StateHash.Of(text) ^ (ulong)Length;
    }
}
