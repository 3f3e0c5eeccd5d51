namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Everything around a command: where it stands, what it reads and where its output goes. A value, since each command of a script has one.</summary>
internal readonly record struct Invocation
{
    public Invocation()
    {
    }

    public required int Line { get; init; }

    /// <summary>Text on its standard input; null when it is the script's own.</summary>
    public string? Input { get; init; }

    /// <summary>First line of that text in the script, 0 when it is not a piece of it.</summary>
    public int InputLine { get; init; }

    /// <summary>Whether the input comes through a pipe, or from text in the script.</summary>
    public bool IsFed { get; init; }

    public bool Background { get; init; }

    /// <summary>Whether somebody uses its output: the next in the pipeline, a substitution, a file that may be run.</summary>
    public bool OutputMatters { get; init; }

    /// <summary>Whether its output is the input of another command.</summary>
    public bool IsPiped { get; init; }

    /// <summary>Whether standard input and output are other descriptors (<c>&lt;&amp;3 &gt;&amp;3</c>).</summary>
    public bool IsWiredToDescriptor { get; init; }

    /// <summary>Names of the commands before it in the pipeline.</summary>
    public ArraySegment<string> Upstream { get; init; } = ArraySegment<string>.Empty;

    /// <summary>Names of the commands behind it in the pipeline.</summary>
    public ArraySegment<string> Downstream { get; init; } = ArraySegment<string>.Empty;

    /// <summary>Files it writes through redirections, normalised, and whether it appends to them.</summary>
    public (string Path, bool Append)[] Outputs { get; init; } = [];
}
