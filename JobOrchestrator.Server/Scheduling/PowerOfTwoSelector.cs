namespace JobOrchestrator.Server.Scheduling;

/// <summary>The less loaded of two drawn at random: nearly as good as the best of all, without everybody running to the same node.</summary>
internal sealed class PowerOfTwoSelector : IClientSelector
{
    public int Select(IReadOnlyList<NodeLoad> candidates, long turn)
    {
        if (candidates.Count == 1)
        {
            return 0;
        }

        // Seeded by the turn, so that a plan can be repeated.
        var random = new Random(turn.GetHashCode());
        var first = random.Next(candidates.Count);
        var second = (first + 1 + random.Next(candidates.Count - 1)) % candidates.Count;
        return candidates[second].CompareTo(candidates[first]) < 0 ? second : first;
    }
}
