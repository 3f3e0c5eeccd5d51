namespace JobOrchestrator.Server.Clients;

/// <summary>
/// How long a client node is left alone between two polls. Up to two thousand of them together are asked at most so many times a second: a server with a thousand idle nodes
/// must not be busy with asking. The news that matters, ends of executions and the death of a node, comes by the stream of events.
/// </summary>
internal static class PollPace
{
    private const int PollsPerSecond = 200;

    /// <summary>The pace of up to a hundred nodes, and of one of which something must be known.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);

    /// <summary>However many there are.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    public static TimeSpan For(int nodes) =>
        TimeSpan.FromTicks(Math.Clamp(TimeSpan.TicksPerSecond / PollsPerSecond * nodes, Shortest.Ticks, Longest.Ticks));
}
