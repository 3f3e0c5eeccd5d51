namespace JobOrchestrator.Server.Scheduling;

/// <summary>The less loaded of two drawn at random: nearly as good as the best of all, without everybody running to the same node.</summary>
internal sealed class PowerOfTwoSelector : IClientSelector
{
    public NodeLoad Select(FreeNodes candidates, long turn)
    {
        if (candidates.Count == 1)
        {
            return candidates[0];
        }

        // Seeded by the turn, so that a plan can be repeated.
        var random = new Random(turn.GetHashCode());
        var first = random.Next(candidates.Count);
        var second = (first + 1 + random.Next(candidates.Count - 1)) % candidates.Count;
        var (one, other) = (candidates[first], candidates[second]);
        return other.CompareTo(one) < 0 ? other : one;
    }
}
