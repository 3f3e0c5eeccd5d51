namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Which arguments of a wrapper come before the command it runs.</summary>
/// <param name="Short">Letters of options that take a value.</param>
/// <param name="Long">Longer options that take a value as the next argument.</param>
internal sealed record Wrapper(string Short, params string[] Long)
{
    /// <summary>Arguments without a dash before the command.</summary>
    public int Positional { get; init; }

    /// <summary>Whether <c>NAME=value</c> may come first.</summary>
    public bool Assignments { get; init; }

    /// <summary>The option without which it runs nothing.</summary>
    public string? Requires { get; init; }

    /// <summary>The subcommand without which it runs nothing.</summary>
    public string? Subcommand { get; init; }
}
