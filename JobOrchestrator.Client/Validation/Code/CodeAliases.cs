namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Other names that a program gives to modules and functions.</summary>
internal sealed class CodeAliases
{
    private const int Max = 1000;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    public void Add(string name, string meaning)
    {
        if (name != meaning && _names.Count < Max)
        {
            _names[name] = Resolve(meaning);
        }
    }

    /// <summary>The name as the program's language knows it.</summary>
    public string Resolve(string name)
    {
        if (_names.Count == 0)
        {
            return name;
        }

        if (_names.TryGetValue(name, out var meaning))
        {
            return meaning;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _names.TryGetValue(name[..dot], out meaning) ? meaning + name[dot..] : name;
    }

    /// <summary>Python: <c>import a as b, c as d</c>; <c>from m import (a as b, c)</c>.</summary>
    public void Import(List<CodeToken> tokens, int import)
    {
        var module = import >= 2 && tokens[import - 2] is { Kind: CodeTokenKind.Name, Text: "from" } ? tokens[import - 1].Text + "." : "";
        var inParentheses = import + 1 < tokens.Count && tokens[import + 1].Is('(');
        for (var i = import + 1; i < tokens.Count && i - import < 400; i++)
        {
            var token = tokens[i];
            if (token.Is(')') || token.Is(';') || (token.Kind == CodeTokenKind.End && !inParentheses))
            {
                return;
            }

            if (token.Kind != CodeTokenKind.Name || token.Text is "as")
            {
                continue;
            }

            if (i + 2 < tokens.Count && tokens[i + 1] is { Kind: CodeTokenKind.Name, Text: "as" } && tokens[i + 2].Kind == CodeTokenKind.Name)
            {
                Add(tokens[i + 2].Text, module + token.Text);
                i += 2;
            }
            else if (module.Length > 0)
            {
                Add(token.Text, module + token.Text);
            }
        }
    }
}
