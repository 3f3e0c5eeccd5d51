namespace JobOrchestrator.Server.Scheduling;

/// <summary>A policy for choosing among client nodes with a free slot.</summary>
internal interface IClientSelector
{
    /// <summary>The chosen one of at least one candidate; <paramref name="turn"/> rises with every choice and is the only source of variation.</summary>
    NodeLoad Select(FreeNodes candidates, long turn);
}
