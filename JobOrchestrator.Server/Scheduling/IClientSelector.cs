namespace JobOrchestrator.Server.Scheduling;

/// <summary>A policy for choosing among client nodes with a free slot.</summary>
internal interface IClientSelector
{
    /// <summary>Index of the chosen one; <paramref name="turn"/> rises with every choice and is the only source of variation.</summary>
    int Select(IReadOnlyList<NodeLoad> candidates, long turn);
}
