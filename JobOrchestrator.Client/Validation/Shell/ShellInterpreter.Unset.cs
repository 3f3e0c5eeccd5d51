using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Shell;

/// <content>Variables that nobody sets, neither the script nor whoever starts it.</content>
internal sealed partial class ShellInterpreter
{
    /// <summary>
    /// What a job or its shell finds set: a job starts with an environment of its own. Names known to the interpreter are not here.
    /// </summary>
    private static readonly FrozenSet<string> Provided = FrozenSet.Create(
        StringComparer.Ordinal, "USER", "LOGNAME", "LANG", "HOSTNAME", "HOSTTYPE", "OSTYPE", "MACHTYPE", "UID", "EUID", "GROUPS", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "SHLVL",
        "SHELLOPTS", "OLDPWD", "OPTIND", "FUNCNAME", "DIRSTACK", "PIPESTATUS", "EPOCHSECONDS", "EPOCHREALTIME", "TERM", "_");

    /// <summary>Families of variables that batch systems and modules set: not here, but such scripts are written for several places.</summary>
    private static readonly string[] Families =
        ["BASH", "SLURM", "PBS", "LSB_", "LSF_", "SGE_", "COBALT_", "FLUX_", "JOB_", "CONDA_", "MAMBA_", "OMPI_", "PMI_", "LMOD", "EBROOT", "XDG_", "JOBORCHESTRATOR_"];

    /// <summary>Variables side by side that are looked at for each of them: paths have a few.</summary>
    private const int MaxVariablesOfPath = 32;

    /// <summary>Variables that a test has looked at: what depends on one of them may well be guarded.</summary>
    private readonly HashSet<string> _tested = new(StringComparer.Ordinal);
    private AssignedNames _assigned = new("");
    private string _neverSet = "";

    /// <summary>Whether the shell stops at a variable that is not set (<c>set -u</c>).</summary>
    private bool _refusesUnset;

    /// <summary>What is left of a path when variables that are never set are empty, and the name of one of them; null when there is none.</summary>
    internal (string Path, string Variable)? WithoutNeverSet(string path) =>
        path.Contains(Mark.Unset) ? (path.Replace(Mark.NeverSet, "", StringComparison.Ordinal), _neverSet) : null;

    /// <summary>
    /// Whether a part of a word is a variable that is never set, and the rest of the word a path from the root without it
    /// (<c>$x/</c>, <c>"${x%/}"/*</c>). Anywhere else it makes no difference what is not there.
    /// </summary>
    private bool IsNeverSet(List<Part> parts, int index)
    {
        if (index + 1 == parts.Count || _refusesUnset)
        {
            return false;
        }

        // In text for a shell a word begins behind a blank.
        for (var i = index - 1; i >= 0 && parts[i] is not { Kind: PartKind.Text, Text: [.., ' ' or '\n'] }; i--)
        {
            if (parts[i].Kind != PartKind.Variable || index - i > MaxVariablesOfPath)
            {
                return false;
            }
        }

        for (var i = index; i < parts.Count && parts[i] is { Kind: PartKind.Variable, Index: null, Operator: "" or "%" or "%%" or "#" or "##" or "/" or "//" } part; i++)
        {
            if (i - index > MaxVariablesOfPath || !IsNeverSet(part.Text))
            {
                return false;
            }

            if (i + 1 < parts.Count && parts[i + 1] is { Kind: PartKind.Text, Text: ['/', ..] })
            {
                _neverSet = part.Text;
                return true;
            }
        }

        return false;
    }

    private bool IsNeverSet(string name)
    {
        if (name.Length == 0 || _variables.ContainsKey(name) || _tested.Contains(name) || PlainValueOf(name, null) != Unknown)
        {
            return false;
        }

        if (char.IsAsciiDigit(name[0]))
        {
            // A job's script is started without arguments; those of a function or a text come from the call.
            return name != "0" && _arguments is null && _callDepth == 0 && _textDepth == 0 && !_tested.Contains("#");
        }

        return ShellLexer.IsNameStart(name[0]) && !Provided.Contains(name) && !Array.Exists(Families, f => name.StartsWith(f, StringComparison.Ordinal)) && !_assigned.Contains(name);
    }

    /// <summary><c>set -u</c>, <c>set -euo pipefail</c>, <c>set -o nounset</c>, and <c>+u</c>.</summary>
    private void RefuseUnset(IReadOnlyList<string> options)
    {
        for (var i = 0; i < options.Count && options[i] is ['-' or '+', _, ..] and not "--"; i++)
        {
            if (options[i].Contains('u', StringComparison.Ordinal) || (options[i][^1] == 'o' && i + 1 < options.Count && options[++i] == "nounset"))
            {
                var refuses = options[i][0] != '+';
                _state.Change("-u", _refusesUnset ? 1UL : 0, refuses ? 1UL : 0);
                _refusesUnset = refuses;
            }
        }
    }
}
