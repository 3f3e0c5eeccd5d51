namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Where a stretch of text stands, and so which characters are special in it and which end it.</summary>
internal enum TextMode
{
    /// <summary>Between commands; a blank or an operator ends it.</summary>
    Word,

    /// <summary>Between double quotes.</summary>
    DoubleQuoted,

    /// <summary>To the end of the text, as in double quotes, but those are ordinary characters.</summary>
    HereDocument,

    /// <summary>After the operator of <c>${x…}</c>, up to <c>}</c>.</summary>
    Operand,

    /// <summary>The same, up to <c>/</c> or <c>}</c>.</summary>
    Pattern,

    /// <summary>The same, up to <c>:</c> or <c>}</c>.</summary>
    Offset,

    /// <summary>Up to <c>]</c>.</summary>
    Index,
}
