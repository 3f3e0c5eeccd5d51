namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>What a name can mean where it stands.</summary>
internal enum CommandForm
{
    /// <summary>A function, a builtin or a program.</summary>
    Plain,

    /// <summary>A builtin only (<c>builtin x</c>).</summary>
    Builtin,

    /// <summary>No function (<c>command x</c>, <c>env x</c>, <c>xargs x</c>).</summary>
    Program,
}
