namespace JobOrchestrator.Client.Validation.Shell;

internal enum PartKind
{
    /// <summary>Text as it stands.</summary>
    Text,

    /// <summary><c>$x</c>, <c>${x…}</c>.</summary>
    Variable,

    /// <summary><c>$(…)</c>, <c>`…`</c>.</summary>
    Commands,

    /// <summary><c>&lt;(…)</c>, <c>&gt;(…)</c>.</summary>
    Process,

    /// <summary><c>$((…))</c>.</summary>
    Arithmetic,
}
