using System.Diagnostics.Metrics;

namespace JobOrchestrator.Tests.Support;

/// <summary>What an instrument is called in Prometheus, by the documented translation: underscores, the unit, and <c>_total</c> for counters.</summary>
internal static class PrometheusNames
{
    public static string Of(Instrument instrument) =>
        Of(instrument.Name, instrument.Unit, isGauge: Kind(instrument) == "gauge", isCounter: Kind(instrument) == "counter");

    public static string Of(string name, string? unit, bool isGauge, bool isCounter)
    {
        var suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" when isGauge => "_ratio",
            _ => "",
        };
        return Underscored(name) + suffix + (isCounter ? "_total" : "");
    }

    /// <summary>A name of an instrument or of an attribute, without what Prometheus does not allow in names.</summary>
    public static string Underscored(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    public static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "Histogram" => "histogram",
        "ObservableGauge" => "gauge",
        "ObservableUpDownCounter" => "up-down counter",
        var other => throw new InvalidOperationException($"{instrument.Name} is a {other}, which this page does not know."),
    };
}
