namespace JobOrchestrator.Server.Scheduling;

/// <summary>The default: the node with the least work per slot, then the least CPU use, then the first.</summary>
internal sealed class LeastLoadedSelector : IClientSelector
{
    public int Select(IReadOnlyList<NodeLoad> candidates, long turn)
    {
        var best = 0;
        for (var i = 1; i < candidates.Count; i++)
        {
            if (candidates[i].CompareTo(candidates[best]) < 0)
            {
                best = i;
            }
        }

        return best;
    }
}
