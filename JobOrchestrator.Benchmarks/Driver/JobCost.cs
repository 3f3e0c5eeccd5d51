namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>CPU time one job took, in milliseconds.</summary>
/// <param name="Server">Of the server.</param>
/// <param name="Client">Of the client process itself.</param>
/// <param name="Scripts">Of what the client starts: the launchers and the scripts below them.</param>
/// <param name="Driver">Of the benchmark, which sends and asks.</param>
internal sealed record JobCost(double Server, double Client, double Scripts, double Driver)
{
    public double Total => Server + Client + Scripts + Driver;

    public string Describe() => Report.Invariant(
        $"server {Server:0.0} ms, client {Client:0.0} ms, launcher and script {Scripts:0.0} ms, driver {Driver:0.0} ms: {Total:0.0} ms");
}
