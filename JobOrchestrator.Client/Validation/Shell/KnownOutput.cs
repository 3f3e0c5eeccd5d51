using System.Text;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Puts together what several commands print. Mostly it is one of them, and then nothing is copied.</summary>
internal struct KnownOutput
{
    /// <summary>Longest text that is followed.</summary>
    public const int MaxText = 1 << 16;

    private string? _first;
    private StringBuilder? _all;

    public void Append(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (_first is null && text.Length <= MaxText)
        {
            _first = text;
            return;
        }

        _all ??= new StringBuilder(_first);
        if (_all.Length + text.Length <= MaxText)
        {
            _all.Append(text);
        }
        else if (_all.Length <= MaxText)
        {
            _all.Append(text.AsSpan(0, MaxText - _all.Length)).Append(Mark.LeftOut);
        }

        _first ??= "";
    }

    public override readonly string ToString() => _all?.ToString() ?? _first ?? "";
}
