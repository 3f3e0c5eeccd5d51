namespace JobOrchestrator.Client.Validation.Shell;

/// <summary><c>2&gt; file</c>, <c>&lt;&lt;EOF</c>, <c>&lt;&lt;&lt; word</c>, …</summary>
/// <param name="Descriptor">The number before it, empty when there is none.</param>
/// <param name="Operator">From <c>&lt;</c> to <c>&amp;&gt;&gt;</c>.</param>
/// <param name="Target">File, descriptor, here-string, or the delimiter of a here-document.</param>
internal sealed record Redirection(string Descriptor, string Operator, Word Target)
{
    /// <summary>Text of a here-document, once it is read.</summary>
    public Word? Body { get; set; }

    /// <summary>Line of the here-document's first line.</summary>
    public int BodyLine { get; set; }

    /// <summary>The redirections of a command that has no other one.</summary>
    public Redirection[] Alone => field ??= [this];

    public bool IsHereDocument => Operator is "<<" or "<<-";

    public bool IsInput => Operator[0] == '<' && Operator != "<>";
}
