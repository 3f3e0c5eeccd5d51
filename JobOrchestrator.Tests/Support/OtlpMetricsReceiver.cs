using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.Tests.Support;

/// <summary>
/// Takes metrics by OTLP where Prometheus takes them, decodes them, and names series and labels by the translation that Prometheus documents
/// (https://prometheus.io/docs/guides/opentelemetry/): for machines whose build of Prometheus leaves its receiver out.
/// </summary>
internal sealed class OtlpMetricsReceiver : IAsyncDisposable
{
    public const string Path = "/api/v1/otlp/v1/metrics";
    private const int Cumulative = 2;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, double>> _latest = new(StringComparer.Ordinal);

    private OtlpMetricsReceiver(WebApplication app) => _app = app;

    /// <summary>Every series that its program sent the last time, by <see cref="Key"/>: like a scrape, an export without a series ends it.</summary>
    public IReadOnlyDictionary<string, double> Series => _latest.Values.SelectMany(s => s).ToDictionary(StringComparer.Ordinal);

    public static async Task<OtlpMetricsReceiver> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder([$"--urls=http://127.0.0.1:{port}"]);
        builder.Logging.ClearProviders();
        var receiver = new OtlpMetricsReceiver(builder.Build());
        receiver._app.MapPost(Path, receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>A series as text: name and labels, bounds of buckets as numbers.</summary>
    public static string Key(string name, IEnumerable<KeyValuePair<string, string>> labels) => $"{name}{{{string.Join(',', labels
        .Where(l => l.Key != "__name__").OrderBy(l => l.Key, StringComparer.Ordinal)
        .Select(l => $"{l.Key}={(l.Key == "le" && l.Value != "+Inf" ? Number(double.Parse(l.Value, CultureInfo.InvariantCulture)) : l.Value)}"))}}}";

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        if (request.ContentType != "application/x-protobuf")
        {
            return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        foreach (var resource in new ProtobufFields(body.ToArray()).Messages(1))
        {
            var attributes = Attributes(resource.Messages(1).Single(), 1);
            KeyValuePair<string, string>[] identity = [new("job", attributes["service_name"]), new("instance", attributes["service_instance_id"])];
            var series = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var metric in resource.Messages(2).SelectMany(scope => scope.Messages(2)))
            {
                Take(metric, identity, series);
            }

            _latest[Key("", identity)] = series;
        }

        return Results.Ok();
    }

    private static void Take(ProtobufFields metric, KeyValuePair<string, string>[] identity, Dictionary<string, double> series)
    {
        var (gauge, sum, histogram) = (metric.Messages(5).SingleOrDefault(), metric.Messages(7).SingleOrDefault(), metric.Messages(9).SingleOrDefault());
        var name = PrometheusNames.Of(metric.Text(1), metric.Text(3), isGauge: gauge is not null, isCounter: sum?.Number(3) == 1);
        if ((sum ?? histogram)?.Number(2) is not (null or Cumulative))
        {
            throw new InvalidDataException($"{name} is not cumulative, as Prometheus wants it.");
        }

        foreach (var point in (gauge ?? sum)?.Messages(1) ?? [])
        {
            Set(name, Attributes(point, 7), point.Has(4) ? point.Double(4) : (long)point.Number(6));
        }

        foreach (var point in histogram?.Messages(1) ?? [])
        {
            var labels = Attributes(point, 9);
            Set(name + "_count", labels, point.Number(4));
            Set(name + "_sum", labels, point.Double(5));
            var bounds = point.Packed(7).Select(b => Number(BitConverter.UInt64BitsToDouble(b))).Append("+Inf");
            var total = 0UL;
            foreach (var (bound, count) in bounds.Zip(point.Packed(6)))
            {
                Set(name + "_bucket", labels.Append(new("le", bound)), total += count);
            }
        }

        void Set(string of, IEnumerable<KeyValuePair<string, string>> labels, double value) => series[Key(of, labels.Concat(identity))] = value;
    }

    private static Dictionary<string, string> Attributes(ProtobufFields message, int field) => message.Messages(field).ToDictionary(
        a => PrometheusNames.Underscored(a.Text(1)),
        a => a.Messages(2).Single() is var value && value.Has(3) ? value.Number(3).ToString(CultureInfo.InvariantCulture) : value.Text(1),
        StringComparer.Ordinal);
}
