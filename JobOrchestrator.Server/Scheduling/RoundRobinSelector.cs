namespace JobOrchestrator.Server.Scheduling;

/// <summary>One after the other, whatever their load.</summary>
internal sealed class RoundRobinSelector : IClientSelector
{
    public NodeLoad Select(FreeNodes candidates, long turn) => candidates[(int)(turn % candidates.Count)];
}
