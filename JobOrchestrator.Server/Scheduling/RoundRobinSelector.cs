namespace JobOrchestrator.Server.Scheduling;

/// <summary>One after the other, whatever their load.</summary>
internal sealed class RoundRobinSelector : IClientSelector
{
    public int Select(IReadOnlyList<NodeLoad> candidates, long turn) => (int)(turn % candidates.Count);
}
