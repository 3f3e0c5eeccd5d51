using System.Text;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Strings side by side, or with a plus or a dot between them, are one. It is made when its last piece is there, since there may be millions.</summary>
internal struct JoinedStrings(List<CodeToken> tokens)
{
    private StringBuilder? _text;
    private int _first = -1;

    /// <summary>Joins the token that was read last with the string before it, if it is one and there is one.</summary>
    public void Join()
    {
        var last = tokens.Count - 1;
        if (tokens[last].Kind != CodeTokenKind.Text)
        {
            return;
        }

        var before = last - 1;
        if (before > 0 && tokens[before] is { Kind: CodeTokenKind.Symbol, Text: "+" or "." })
        {
            before--;
        }

        if (before < 0 || tokens[before].Kind != CodeTokenKind.Text)
        {
            return;
        }

        if (_first != before)
        {
            End();
            _first = before;
            _text = (_text ?? new StringBuilder()).Append(tokens[before].Text);
        }

        _text!.Append(tokens[last].Text);
        tokens.RemoveRange(before + 1, last - before);
    }

    /// <summary>Puts the string that is being joined where it belongs.</summary>
    public void End()
    {
        if (_first >= 0)
        {
            tokens[_first] = tokens[_first] with { Text = _text!.ToString() };
            _text.Clear();
            _first = -1;
        }
    }
}
