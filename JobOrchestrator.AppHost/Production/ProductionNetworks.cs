namespace JobOrchestrator.AppHost.Production;

/// <summary>
/// Who can reach whom. Only the edge has a way out, and only the proxy is on it: neither the server nor a client, and so no job that finds a hole
/// in its sandbox, reaches the host's network or the internet.
/// </summary>
internal static class ProductionNetworks
{
    /// <summary>The host and the proxy.</summary>
    public const string Edge = "edge";

    /// <summary>The proxy and what it stands in front of.</summary>
    public const string Web = "web";

    /// <summary>The server, its clients, and where they push their metrics.</summary>
    public const string Clients = "clients";

    /// <summary>Prometheus, what pushes to it and what asks it.</summary>
    public const string Metrics = "metrics";

    /// <summary>The proxy and Grafana, which so is no neighbour of the server: that believes what its neighbours say of a caller's address.</summary>
    public const string Dashboards = "dashboards";

    public static void AddTo(ComposeFile file)
    {
        // The server believes forwarding headers that come from this network, so it must know its addresses.
        file.AddNetwork(new Network
        {
            Name = Web,
            Driver = "bridge",
            Internal = true,
            Ipam = new Ipam { Config = [new() { ["subnet"] = ProductionSettings.Reference(ProductionSettings.WebSubnet) }] },
        });
        foreach (var name in (string[])[Clients, Metrics, Dashboards])
        {
            file.AddNetwork(new Network { Name = name, Driver = "bridge", Internal = true });
        }
    }
}
