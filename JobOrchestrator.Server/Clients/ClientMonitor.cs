using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Clients;

/// <summary>Keeps one <see cref="NodeWatcher"/> going for every client node.</summary>
internal sealed class ClientMonitor(
    ClientRegistry registry, ClientHttp http, NodeReports reports, ServerMetrics metrics, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watchers = new Dictionary<ClientNode, Task>();
        var wake = new Signal();
        registry.Changed += wake.Set;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                foreach (var node in registry.All.Where(n => !watchers.ContainsKey(n)))
                {
                    var watcher = new NodeWatcher(node, registry, http, reports, metrics, clock, loggers.CreateLogger<NodeWatcher>());
                    watchers[node] = watcher.RunAsync(stoppingToken);
                }

                foreach (var node in watchers.Where(w => w.Value.IsCompleted).Select(w => w.Key).ToArray())
                {
                    watchers.Remove(node);
                }

                await wake.WaitAsync(SafetyNet, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; the watchers end by the same token.
        }
        finally
        {
            registry.Changed -= wake.Set;
        }

        await Task.WhenAll(watchers.Values);
    }
}
