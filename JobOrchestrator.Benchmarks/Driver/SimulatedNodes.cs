using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Many client nodes in this process: each has an address of its own on the loopback network, and all of them one port.</summary>
internal sealed class SimulatedNodes : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<IPAddress, SimulatedNode> _nodes = [];
    private readonly ConcurrentDictionary<int, long> _arrivals = new();

    private SimulatedNodes(WebApplication app) => _app = app;

    /// <summary>How a server is told of them.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>Starts so many nodes, each with so many slots.</summary>
    public static async Task<SimulatedNodes> StartAsync(int count, int slots, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var port = SystemUnderTest.FreePort();

        // One socket for all of them; a thousand would cost the driver more than the nodes do.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Any, port));
        var nodes = new SimulatedNodes(builder.Build());
        var result = MakeResult();
        for (var n = 0; n < count; n++)
        {
            nodes._nodes[AddressOf(n)] = new SimulatedNode($"node-{n}", slots, result);
        }

        nodes.Addresses = [.. nodes._nodes.Keys.Select(address => $"http://{address}:{port}")];
        nodes._app.Run(nodes.AnswerAsync);
        await nodes._app.StartAsync(cancellation);
        return nodes;
    }

    /// <summary>When the files of a job were there (<see cref="Stopwatch.GetTimestamp"/>).</summary>
    public long ArrivedAt(int job) => _arrivals[job];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IPAddress AddressOf(int node) => new([127, 1, (byte)(node / 250), (byte)(1 + (node % 250))]);

    private static byte[] MakeResult()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create))
        {
            using var file = zip.CreateEntry("run.sh").Open();
            file.Write("true\n"u8);
        }

        return memory.ToArray();
    }

    private Task AnswerAsync(HttpContext call)
    {
        // Nobody from elsewhere reaches a node: their addresses are the loopback network's.
        if (!_nodes.TryGetValue(call.Connection.LocalIpAddress!.MapToIPv4(), out var node))
        {
            call.Abort();
            return Task.CompletedTask;
        }

        return node.AnswerAsync(call, job => _arrivals[job] = Stopwatch.GetTimestamp(), _app.Lifetime.ApplicationStopping);
    }
}
