namespace JobOrchestrator.Client.Validation.Code;

/// <summary>What a program's variables are, where constants say so: a string, one of several, or something that was decoded.</summary>
internal sealed class CodeValues
{
    private const int Max = 1000;

    /// <summary>Tokens that are looked at for one call, list or statement.</summary>
    private const int Reach = 400;

    /// <summary>Elements of a list that are kept, and lists that are: one may be made of others.</summary>
    private const int MaxElements = 32;
    private const int MaxLists = 5000;

    /// <summary>Tokens that are looked at for all that is decoded.</summary>
    private const int MaxDecodings = 10_000_000;

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private int _lists;
    private int _decodings;
    private readonly HashSet<string> _decoded = new(StringComparer.Ordinal);

    /// <summary>Notes what the name here is set to: <c>x = "a"</c>, <c>x = ["a", "b"]</c>, <c>for x in ("a", "b")</c>, <c>foreach my $x ("a", "b")</c>.</summary>
    public void Note(List<CodeToken> tokens, int i)
    {
        if (_values.Count >= Max)
        {
            return;
        }

        if (i + 2 < tokens.Count && tokens[i + 1].Is('='))
        {
            if (tokens[i + 2].Kind == CodeTokenKind.Text)
            {
                _values[tokens[i].Text] = [tokens[i + 2].Text];
            }
            else if (IsOpening(tokens[i + 2]))
            {
                Set(tokens[i].Text, tokens, i + 2);
            }
        }
        else if (tokens[i].Text is "for" or "foreach")
        {
            NoteLoop(tokens, i + 1);
        }
    }

    /// <summary>Notes that the statement in which something is decoded at this place sets a variable, if it does.</summary>
    public void NoteDecoding(List<CodeToken> tokens, int i)
    {
        for (var k = i - 1; k > 0 && i - k < Reach && _decodings++ < MaxDecodings && tokens[k].Kind != CodeTokenKind.End && !tokens[k].Is(';') && _decoded.Count < Max; k--)
        {
            if (tokens[k].Is('='))
            {
                // x = …, x[i] = …
                var name = tokens[k - 1].Is(']') && k > 3 && tokens[k - 3].Is('[') ? k - 4 : k - 1;
                if (tokens[name].Kind == CodeTokenKind.Name)
                {
                    _decoded.Add(tokens[name].Text);
                }

                return;
            }
        }
    }

    /// <summary>Whether a variable's value was decoded.</summary>
    public bool IsDecoded(string variable) => _decoded.Count > 0 && _decoded.Contains(variable);

    /// <summary>The one value that a variable is known to have; null when there is none, or are several.</summary>
    public string? ValueOf(string variable) => _values.TryGetValue(variable, out var values) && values is [var value] ? value : null;

    /// <summary>
    /// Whether the call that begins here runs something that was decoded: its command is, or it is a shell's. What a program of a known name is given may be.
    /// </summary>
    public bool RunsDecoded(List<CodeToken> tokens, int from)
    {
        var (isFirst, isNamed, isShell) = (true, false, false);
        foreach (var token in Arguments(tokens, from))
        {
            if (isFirst && token.Kind == CodeTokenKind.Text)
            {
                isNamed = true;
                isShell = token.Text is "sh" or "bash" or "/bin/sh" or "/bin/bash" or "/usr/bin/env" or "/usr/bin/bash";
            }

            if (token.Is(',') && isNamed)
            {
                isFirst = false;
            }
            else if (token.Kind == CodeTokenKind.Name && (isFirst || isShell) && (CodeNames.IsDecode(token.Text) || IsDecoded(token.Text)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Strings among the arguments of the call, or the elements of the list, that begins here.</summary>
    public List<string> Strings(List<CodeToken> tokens, int from)
    {
        var found = new List<string>();
        foreach (var token in Arguments(tokens, from))
        {
            if (token.Kind is CodeTokenKind.Text or CodeTokenKind.Backticks)
            {
                found.Add(token.Text);
            }
            else if (token.Kind == CodeTokenKind.Name && _values.TryGetValue(token.Text, out var values))
            {
                found.AddRange(values);
            }
        }

        return found;
    }

    /// <summary>What a call is given that has one argument, a variable that may be one of several.</summary>
    public IReadOnlyList<string> Choices(List<CodeToken> tokens, int from)
    {
        var names = Arguments(tokens, from).Where(t => t.Kind is CodeTokenKind.Text or CodeTokenKind.Name).Take(2).ToList();
        return names is [{ Kind: CodeTokenKind.Name } name] && _values.TryGetValue(name.Text, out var values) && values.Count > 1 ? values : [];
    }

    private static IEnumerable<CodeToken> Arguments(List<CodeToken> tokens, int from)
    {
        var depth = 0;
        for (var i = from; i < tokens.Count && i - from < Reach; i++)
        {
            var token = tokens[i];
            depth += IsOpening(token) ? 1 : token.Is(')') || token.Is(']') || token.Is('}') ? -1 : 0;
            if (depth < 0 || (depth == 0 && (token.Kind == CodeTokenKind.End || token.Is(';') || token.Is(':') || token.Is(')'))))
            {
                yield break;
            }

            yield return token;
        }
    }

    private static bool IsOpening(CodeToken token) => token.Is('(') || token.Is('[') || token.Is('{');

    /// <summary>The head of a loop: a name, perhaps <c>in</c> or <c>=</c>, and a list or the name of one.</summary>
    private void NoteLoop(List<CodeToken> tokens, int i)
    {
        while (i < tokens.Count && (tokens[i].Is('$') || tokens[i].Is('(') || tokens[i].Text is "my" or "const" or "let" or "var"))
        {
            i++;
        }

        var list = i + 1 < tokens.Count && tokens[i + 1].Text is "in" or "of" or "=" or "∈" ? i + 2 : i + 1;
        if (list < tokens.Count && tokens[i].Kind == CodeTokenKind.Name && (IsOpening(tokens[list]) || tokens[list].Kind == CodeTokenKind.Name || tokens[list].Is('@')))
        {
            Set(tokens[i].Text, tokens, list);
        }
    }

    private void Set(string name, List<CodeToken> tokens, int list)
    {
        if (_lists++ < MaxLists && Strings(tokens, list) is { Count: > 0 } strings)
        {
            _values[name] = [.. strings.Take(MaxElements)];
        }
    }
}
