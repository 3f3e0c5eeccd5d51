namespace JobOrchestrator.Server.Clients;

/// <summary>What the server believes of a client node.</summary>
internal enum NodeHealth
{
    /// <summary>Never heard of yet.</summary>
    Unknown,

    /// <summary>Answers, and may be given work.</summary>
    Healthy,

    /// <summary>Answers, finishes what it has, is given nothing new.</summary>
    Draining,

    /// <summary>Answers, but says that it cannot take jobs.</summary>
    Unfit,

    /// <summary>Missed too many polls in a row.</summary>
    Unreachable,

    /// <summary>No longer configured or discovered, and nothing of ours is on it: the registry has dropped it.</summary>
    Gone,
}
