namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.ApplicationModel.EndpointReference</c>: an address known only once a port is chosen.</summary>
internal sealed class EndpointReference(string name, int? port)
{
    private int? _port = port;

    public string Name => name;

    /// <summary>Whether the model says which port, so that another program on it is an error.</summary>
    public bool IsFixed { get; } = port is not null;

    public int Port => _port ??= FreePort.Choose();

    public string Url => $"http://localhost:{Port}";
}
