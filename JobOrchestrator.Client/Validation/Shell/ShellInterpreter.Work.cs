namespace JobOrchestrator.Client.Validation.Shell;

/// <content>How much is followed: a count of what is done, the same on every machine.</content>
internal sealed partial class ShellInterpreter
{
    /// <summary>
    /// What is followed at most, in commands. Chosen so that no script of 20 MiB takes longer than half a second on the machine on which the benchmark was
    /// first run: what takes longer costs more. A script of 20 MiB with a plain command on each line, quoted or not, has none, and one with variables and
    /// redirections on each has less. More have scripts that a program wrote with another copy, function, loop or piece of code on every line, and those that
    /// make much of little: with each of a variable's values, with long values in many places, with texts for shells in one another.
    /// </summary>
    internal const int MaxWork = 1_050_000;

    /// <summary>Costs about as much as a command: so many characters that are put together.</summary>
    private const int CharactersOfCommand = 128;

    /// <summary>As much as so many characters: a field.</summary>
    private const int CharactersOfField = 32;

    // How many commands as much as a function costs, a call of one, a text for a shell, a program for an interpreter, one more round of a loop, a substitution,
    // the same command with another value of its variables.
    private const int WorkOfDefinition = 3;
    private const int WorkOfCall = 3;
    private const int WorkOfText = 4;
    private const int WorkOfCode = 5;
    private const int WorkOfRound = 2;
    private const int WorkOfSubstitution = 2;
    private const int WorkOfValue = 3;

    // The same of a command that the rules look at closely, of taking a wrapper off one, of a variable that is declared or set for a command, a file that is
    // written, one of which is known what is written, a here-document, a case, a word that braces make.
    private const int WorkOfJudgement = 2;
    private const int WorkOfWrapper = 1;
    private const int WorkOfDeclaration = 3;
    private const int WorkOfFile = 1;
    private const int WorkOfKnownFile = 3;
    private const int WorkOfHereDocument = 1;
    private const int WorkOfCase = 1;
    private const int WorkOfBraces = 1;

    private long _work;
    private bool _hasTooMuchWork;

    /// <summary>Whether there is no point in going on: enough was found, or too much was asked for.</summary>
    private bool IsDone => _findings.IsFull || _hasTooMuchWork;

    /// <summary>Counts text that was put together from pieces.</summary>
    private void CountText(long characters) => _work += characters;

    /// <summary>Counts a value that is kept: there is room for a few hundred megabytes of them.</summary>
    private void CountKept(string value) => _work += value.Length > 2 * CharactersOfCommand ? 4L * value.Length : 0;

    private void Count(int commands) => _work += (long)commands * CharactersOfCommand;

    /// <summary>Counts fields that a word has become.</summary>
    private void CountFields(List<string> fields, int first)
    {
        for (var i = first; i < fields.Count; i++)
        {
            _work += (2L * fields[i].Length) + CharactersOfField;
        }
    }

    /// <summary>Counts the command of that line, and says so where it is one too many.</summary>
    private bool HasRoomFor(int line)
    {
        Count(1);
        if (_work <= (long)MaxWork * CharactersOfCommand)
        {
            return true;
        }

        if (!_hasTooMuchWork)
        {
            _hasTooMuchWork = true;
            _findings.Add(ScriptRules.Complexity, line, "with this command there are more than can be followed; put what differs into a file, one item per line, and go over it in a loop");
        }

        return false;
    }
}
