namespace JobOrchestrator.Server.Clients;

/// <summary>An output stream that a client node is sending.</summary>
internal sealed class ClientLog(HttpResponseMessage response, Stream content, long offset) : IAsyncDisposable
{
    /// <summary>Position of the first byte of <see cref="Content"/>.</summary>
    public long Offset => offset;

    public Stream Content => content;

    public async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        response.Dispose();
    }
}
