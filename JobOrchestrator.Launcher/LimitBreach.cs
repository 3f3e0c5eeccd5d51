namespace JobOrchestrator.Launcher;

/// <summary>A limit, and by how much it was exceeded when that was noticed.</summary>
/// <param name="Kind">Which; it also says the unit of the two values.</param>
/// <param name="Limit">As set.</param>
/// <param name="Measured">As found.</param>
public sealed record LimitBreach(LimitKind Kind, long Limit, long Measured);
