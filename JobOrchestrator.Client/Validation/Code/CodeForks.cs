namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Tells from the names that come by whether a program's processes may multiply.</summary>
internal sealed class CodeForks
{
    /// <summary>Loops whose heads are looked at; where there are more, nobody counts by hand.</summary>
    private const int MaxCounted = 100_000;

    private int _counted;
    private bool _loops;
    private bool _counts;
    private bool _countsFar;
    private bool _forksOften;
    private bool _waits;

    /// <summary>Line on which a process is started last; zero when none is.</summary>
    public int Line { get; private set; }

    /// <summary>Whether one is started in a loop that has no end, or a far one, or in any loop when nobody waits for it.</summary>
    public bool Multiply => Line > 0 && (_loops || _forksOften || (_counts && !_waits));

    public void Note(List<CodeToken> tokens, int i, CodeName meaning)
    {
        var name = tokens[i].Text;
        _waits |= meaning.HasFlag(CodeName.Wait);
        if (meaning.HasFlag(CodeName.Fork))
        {
            Line = tokens[i].Line;
            _forksOften |= _countsFar;
        }
        else if (name is "for" or "foreach")
        {
            _counts = true;
            _countsFar = _countsFar || ++_counted > MaxCounted || !Loops.IsShort(tokens, i);
        }
        else if (meaning.HasFlag(CodeName.Loop))
        {
            _loops |= name is not "while" || !Loops.Waits(tokens, i);
        }
    }
}
