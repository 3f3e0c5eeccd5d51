using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>Does harm at random times, as its seed says: kills, stops and continues processes, cuts wires and lets them go dead.</summary>
internal sealed class ChaosMonkey(ChaosSystem system, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, int> _done = new(StringComparer.Ordinal);

    /// <summary>What it did, and how often.</summary>
    public string Summary => string.Join(", ", _done.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Value} x {d.Key}"));

    /// <summary>Goes on until <paramref name="enough"/>, then leaves everything running and whole.</summary>
    public async Task RunAsync(Task enough, CancellationToken cancellation)
    {
        // One for each process and wire, so that what is dead is not killed again, while the others have their own troubles.
        var targets = system.Nodes.Select((node, i) => (Action: (Func<Random, Task>)(r => HarmNodeAsync(node, i, r, cancellation)), Pause: 3.0))
            .Concat(system.Wires.Select(w => (Action: (Func<Random, Task>)(r => HarmWireAsync(w, r, cancellation)), Pause: 2.5)))
            .Append((Action: r => HarmServerAsync(r, cancellation), Pause: 5.0));
        await Task.WhenAll(targets.Select(t => LoopAsync(t.Action, t.Pause, new Random(_random.Next()), enough, cancellation)).ToArray());
    }

    private static async Task LoopAsync(Func<Random, Task> harm, double meanPause, Random random, Task enough, CancellationToken cancellation)
    {
        while (true)
        {
            var pause = Task.Delay(Seconds(random, 0.2, 2 * meanPause), TimeProvider.System, cancellation);
            if (await Task.WhenAny(enough, pause) == enough)
            {
                return;
            }

            await harm(random);
        }
    }

    private async Task HarmNodeAsync(Daemon node, int number, Random random, CancellationToken cancellation)
    {
        switch (random.Next(10))
        {
            case < 4:
                Note("client killed");
                await node.KillAsync(cancellation);
                await Task.Delay(Seconds(random, 0, 4.5), TimeProvider.System, cancellation);
                await node.StartAsync(cancellation);
                break;
            case < 7:
                Note("client stopped for a while");
                node.Signal(Processes.SigStop);
                await Task.Delay(Seconds(random, 0.3, 5), TimeProvider.System, cancellation);
                node.Signal(Processes.SigCont);
                break;
            case < 9:
                Note("client terminated and started");
                node.Signal(Processes.SigTerm);
                Assert.Equal(0, await node.ExitAsync(cancellation));
                await node.StartAsync(cancellation);
                break;
            default:
                Note("launcher killed");
                foreach (var launcher in system.JobProcesses().Where(p => p.Value.Contains($"client-{number}", StringComparison.Ordinal)).Take(1))
                {
                    Processes.TrySignal(launcher.Key, Processes.SigKill);
                }

                break;
        }
    }

    private async Task HarmServerAsync(Random random, CancellationToken cancellation)
    {
        switch (random.Next(4))
        {
            case < 2:
                Note("server killed");
                await system.Server.KillAsync(cancellation);
                await Task.Delay(Seconds(random, 0, 1), TimeProvider.System, cancellation);
                await system.Server.StartAsync(cancellation);
                break;
            case 2:
                Note("server stopped for a while");
                system.Server.Signal(Processes.SigStop);
                await Task.Delay(Seconds(random, 0.2, 3), TimeProvider.System, cancellation);
                system.Server.Signal(Processes.SigCont);
                break;
            default:
                Note("server terminated and started");
                system.Server.Signal(Processes.SigTerm);
                Assert.Equal(0, await system.Server.ExitAsync(cancellation));
                await system.Server.StartAsync(cancellation);
                break;
        }
    }

    private async Task HarmWireAsync(TcpProxy wire, Random random, CancellationToken cancellation)
    {
        switch (random.Next(5))
        {
            case 0:
                Note("wire cut");
                wire.Cut();
                break;
            case < 3:
                Note("wire cut in a transfer");
                wire.CutAfter(random.Next(1, 60_000));
                break;
            case 3:
                Note("connection hung in a transfer");
                wire.CutAfter(random.Next(1, 60_000), silently: true);
                break;
            default:
                Note("wire dead for a while");
                wire.GoDead();
                await Task.Delay(Seconds(random, 0.3, 5), TimeProvider.System, cancellation);
                wire.Heal();
                break;
        }
    }

    private void Note(string harm)
    {
        lock (_done)
        {
            _done[harm] = _done.GetValueOrDefault(harm) + 1;
        }
    }

    private static TimeSpan Seconds(Random random, double from, double to) => TimeSpan.FromSeconds(from + ((to - from) * random.NextDouble()));
}
