using System.Buffers;
using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>
/// Tells which variables a script gives a value anywhere in it, before or behind the place where it is asked. Whatever may be an assignment
/// counts as one: a variable that is said never to be set is indeed empty.
/// </summary>
internal sealed class AssignedNames(string script)
{
    /// <summary>Commands whose arguments are names of variables, or become them.</summary>
    private static readonly FrozenSet<string> Setters = FrozenSet.Create(
        StringComparer.Ordinal,
        "read", "for", "select", "mapfile", "readarray", "getopts", "declare", "typeset", "local", "export", "readonly", "let", "printf", "wait", "coproc");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> SetterLookup = Setters.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly SearchValues<string> Noticeable = SearchValues.Create([.. Setters, "source", "eval", ". ", "(("], StringComparison.Ordinal);

    private HashSet<string>? _names;
    private bool _any;

    public bool Contains(string name)
    {
        if (_names is null)
        {
            _names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var line in script.AsSpan().EnumerateLines())
            {
                ReadLine(line.TrimStart());
            }
        }

        return _any || _names.Contains(name);
    }

    private void ReadLine(ReadOnlySpan<char> line)
    {
        if (line is ['#', ..])
        {
            return;
        }

        for (var at = line.IndexOf('='); at >= 0;)
        {
            ReadAssignment(line[..at]);
            var next = line[(at + 1)..].IndexOf('=');
            at = next < 0 ? -1 : at + 1 + next;
        }

        if (line.ContainsAny(Noticeable))
        {
            ReadCommands(line);
        }
    }

    /// <summary><c>x=</c>, <c>x+=</c>, <c>x[1]=</c>, <c>${x:=</c>: what stands before the equals sign.</summary>
    private void ReadAssignment(ReadOnlySpan<char> before)
    {
        before = before.TrimEnd("+-*/%:");
        if (before is [.., ']'] && before.LastIndexOf('[') is > 0 and var bracket)
        {
            before = before[..bracket];
        }

        var start = before.Length;
        while (start > 0 && ShellLexer.IsName(before[start - 1]))
        {
            start--;
        }

        if (start < before.Length && (start == 0 || before[start - 1] is not ('$' or '-')))
        {
            Add(before[start..]);
        }
    }

    /// <summary>Names behind a command that sets them, up to the end of the command.</summary>
    private void ReadCommands(ReadOnlySpan<char> line)
    {
        var sets = false;
        var mayBeCommand = true;
        for (var i = 0; i < line.Length;)
        {
            var c = line[i];
            if (c == '.' || ShellLexer.IsName(c))
            {
                var start = i;
                while (i < line.Length && (ShellLexer.IsName(line[i]) || line[i] == '.'))
                {
                    i++;
                }

                var word = line[start..i];
                if (start > 0 && line[start - 1] is '$' or '{' && !sets)
                {
                    mayBeCommand = false;
                    continue;
                }

                _any |= mayBeCommand && (i == line.Length || line[i] is ' ' or '\t') && word is "source" or "eval" or "."; // they run what is not in the script
                if (sets)
                {
                    Add(word);
                }

                sets |= SetterLookup.Contains(word);
                mayBeCommand = word is "then" or "do" or "else" or "builtin" or "command";
                continue;
            }

            if (c == '(' && i + 1 < line.Length && line[i + 1] == '(')
            {
                sets = true;
            }
            else if (c is ';' or '&' or '|' or '(' or '{' or '`' or '!')
            {
                sets &= c is '(' or '{' or '!';
                mayBeCommand = true;
            }
            else if (c is not (' ' or '\t'))
            {
                mayBeCommand = false;
            }

            i++;
        }
    }

    private void Add(ReadOnlySpan<char> name) => _names!.GetAlternateLookup<ReadOnlySpan<char>>().Add(name);
}
