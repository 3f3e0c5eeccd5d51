namespace JobOrchestrator.AppHost.Production;

/// <param name="Name">Its name in the <c>.env</c> file.</param>
/// <param name="Default">What counts when the line is empty; null when the operator must say.</param>
/// <param name="Description">One line for the operator.</param>
internal sealed record ProductionSetting(string Name, string? Default, string Description);
