namespace JobOrchestrator.Client.Validation.Shell;

internal enum CompoundKind
{
    /// <summary><c>{ …; }</c></summary>
    Group,

    /// <summary><c>( … )</c></summary>
    Subshell,

    If,

    /// <summary><c>while</c> and <c>until</c>.</summary>
    While,

    /// <summary><c>for x in …</c> and <c>select</c>.</summary>
    For,

    /// <summary><c>for (( ; ; ))</c></summary>
    ArithmeticFor,

    Case,
    Function,

    /// <summary><c>[[ … ]]</c></summary>
    Test,

    /// <summary><c>(( … ))</c></summary>
    Arithmetic,
}
