using System.Globalization;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>What a server says of the time its scheduling passes took, claims included; it must have <c>METRICS_SCRAPE</c> on.</summary>
/// <param name="Seconds">Of all of them together.</param>
/// <param name="Count">How many there were.</param>
internal sealed record PassClock(double Seconds, double Count)
{
    private const string Name = "joborchestrator_dispatcher_pass_duration_seconds";

    public static async Task<PassClock> ReadAsync(Uri server, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri(server, "metrics"), cancellation)).Split('\n');
        return new PassClock(Value(Name + "_sum"), Value(Name + "_count"));

        double Value(string name) => double.Parse(
            lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split('}')[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Milliseconds a pass took between two looks.</summary>
    public double MillisecondsSince(PassClock earlier) => 1000 * (Seconds - earlier.Seconds) / Math.Max(1, Count - earlier.Count);
}
