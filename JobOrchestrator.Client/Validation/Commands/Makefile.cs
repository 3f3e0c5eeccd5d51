using System.Text.RegularExpressions;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Reads makefiles as far as their commands are concerned.</summary>
internal static partial class Makefile
{
    private const string PrefixVariable = ".RECIPEPREFIX";

    /// <summary>Commands, and variables, that are looked at.</summary>
    private const int MaxRecipes = 500;

    private const int MaxLength = 4096;

    /// <summary>What a shell is given: lines behind a tab, or what takes its place, and what stands behind a rule's semicolon; each with the number of its line.</summary>
    public static IEnumerable<(string Recipe, int Line)> Recipes(string makefile) => All(makefile).Take(MaxRecipes);

    private static IEnumerable<(string Recipe, int Line)> All(string makefile)
    {
        var prefix = '\t';
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = makefile.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            if (line.StartsWith(prefix))
            {
                yield return (ForShell(line[1..], variables), i);
            }
            else if (line.StartsWith(PrefixVariable, StringComparison.Ordinal))
            {
                prefix = line[PrefixVariable.Length..].TrimStart(' ', ':', '=') is [var other, ..] ? other : '\t';
            }
            else if (line.Length <= MaxLength && Definition().Match(line) is { Success: true } definition)
            {
                if (variables.Count < MaxRecipes)
                {
                    variables[definition.Groups[1].Value] = Expand(definition.Groups[2].Value.Trim(), variables);
                }

                // x := $(shell curl …) runs here and now.
                foreach (Match call in ShellCall().Matches(line))
                {
                    yield return (ForShell(call.Groups[1].Value, variables), i);
                }
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && line.IndexOf(';', colon) is > 0 and var semicolon && !line.StartsWith('#'))
            {
                yield return (ForShell(line[(semicolon + 1)..], variables), i);
            }
        }
    }

    private static string ForShell(string recipe, Dictionary<string, string> variables) =>
        Expand(recipe.TrimStart('\t', '@', '-', '+', ' '), variables).Replace("$$", "$", StringComparison.Ordinal).Replace("$(shell ", "$(", StringComparison.Ordinal);

    /// <summary>The text with the makefile's own variables put in; of others nobody knows what they are.</summary>
    private static string Expand(string text, Dictionary<string, string> variables) => text.Length > MaxLength ? text
        : Reference().Replace(text, match => match.Groups[1].Success
            ? variables.GetValueOrDefault(match.Groups[1].Value, Mark.UnknownText) is var value && value.Length < MaxLength / 8 ? value : Mark.UnknownText
            : match.Value);

    [GeneratedRegex(@"^(?:export\s+|override\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:::|[:?+!])?=(.*)$")]
    private static partial Regex Definition();

    [GeneratedRegex(@"\$\(shell\s+([^()]*)\)")]
    private static partial Regex ShellCall();

    /// <summary><c>$(NAME)</c>, <c>${NAME}</c>; <c>$$</c> is the shell's.</summary>
    [GeneratedRegex(@"\$\$|\$[({]([A-Za-z_][A-Za-z0-9_.-]*)[)}]")]
    private static partial Regex Reference();
}
