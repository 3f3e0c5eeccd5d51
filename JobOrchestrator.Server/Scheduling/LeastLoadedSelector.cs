namespace JobOrchestrator.Server.Scheduling;

/// <summary>The default: the node with the least work per slot, then the least CPU use, then the first.</summary>
internal sealed class LeastLoadedSelector : IClientSelector
{
    public NodeLoad Select(FreeNodes candidates, long turn) => candidates.LeastLoaded;
}
