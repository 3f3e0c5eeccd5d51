namespace JobOrchestrator.Client.Validation.Code;

/// <summary>What must be known of a language to look through a short program in it.</summary>
internal sealed record Language(string Name)
{
    /// <summary>What begins a comment up to the end of the line.</summary>
    public string Comment { get; init; } = "#";

    /// <summary>Whether text between backticks is run by a shell.</summary>
    public bool BackticksRun { get; init; }

    /// <summary>Options followed by code.</summary>
    public string[] CodeOptions { get; init; } = [];

    /// <summary>Whether the first argument is the program (<c>awk</c>).</summary>
    public bool ProgramFirst { get; init; }

    /// <summary>Whether it reads a program from its standard input when it is given none.</summary>
    public bool ReadsInput { get; init; } = true;

    /// <summary>Whether <c>a = b</c> gives a function another name.</summary>
    public bool HasPlainAssignments { get; init; }

    /// <summary>How the names of its files end; empty when that says nothing.</summary>
    public string[] Extensions { get; init; } = [];

    /// <summary>Whether a file of that name may hold code in it.</summary>
    public bool MayBeIn(string file) => Extensions.Length == 0 || Array.Exists(Extensions, e => file.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a single quote need not begin a string (<c>&amp;'a str</c>); none of interest is in single quotes then.</summary>
    public bool HasLifetimes { get; init; }

    /// <summary>Options followed by something that is not the program's file.</summary>
    public string[] ValueOptions { get; init; } = [];
}
