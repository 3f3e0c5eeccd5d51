using System.Threading.Channels;

namespace JobOrchestrator.Server.Clients;

/// <summary>News of executions on their way from the nodes' watchers to the result collector.</summary>
internal sealed class NodeReports
{
    private readonly Channel<NodeReport> _channel = Channel.CreateUnbounded<NodeReport>(new UnboundedChannelOptions { SingleReader = true });

    public void Publish(NodeReport report) => _channel.Writer.TryWrite(report);

    public IAsyncEnumerable<NodeReport> ReadAllAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAllAsync(cancellationToken);
}
