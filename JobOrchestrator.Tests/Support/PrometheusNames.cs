using System.Diagnostics.Metrics;

namespace JobOrchestrator.Tests.Support;

/// <summary>What an instrument is called in Prometheus, by the documented translation: underscores, the unit, and <c>_total</c> for counters.</summary>
internal static class PrometheusNames
{
    public static string Of(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return instrument.Name.Replace('.', '_') + unit + (Kind(instrument) == "counter" ? "_total" : "");
    }

    public static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "Histogram" => "histogram",
        "ObservableGauge" => "gauge",
        "ObservableUpDownCounter" => "up-down counter",
        var other => throw new InvalidOperationException($"{instrument.Name} is a {other}, which this page does not know."),
    };
}
