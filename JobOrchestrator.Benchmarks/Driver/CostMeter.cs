using System.Diagnostics;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Reads the clocks of everything that takes part in a run, at its beginning and at its end.</summary>
internal sealed class CostMeter
{
    private readonly SystemUnderTest _system;
    private readonly CpuTime _server;
    private readonly CpuTime _client;
    private readonly double _driver;

    private CostMeter(SystemUnderTest system)
    {
        _system = system;
        (_server, _client, _driver) = Read();
    }

    public static CostMeter Start(SystemUnderTest system) => new(system);

    /// <summary>CPU time since the start, divided by a number of jobs.</summary>
    public JobCost PerJob(int jobs)
    {
        var (server, client, driver) = Read();
        return new JobCost(
            Milliseconds(server.Own + server.Children - _server.Own - _server.Children),
            Milliseconds(client.Own - _client.Own),
            Milliseconds(client.Children - _client.Children),
            Milliseconds(driver - _driver));

        double Milliseconds(double seconds) => seconds * 1000 / jobs;
    }

    private (CpuTime Server, CpuTime Client, double Driver) Read()
    {
        using var self = Process.GetCurrentProcess();
        return (_system.Server?.Cpu ?? default, _system.Client?.Cpu ?? default, self.TotalProcessorTime.TotalSeconds);
    }
}
