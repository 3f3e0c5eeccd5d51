using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace JobOrchestrator.Tests.Support;

/// <summary>
/// Records which instruments some programs have, and the attributes their measurements carry; those of other tests in this process are none of its
/// business.
/// </summary>
internal sealed class InstrumentRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, byte>> _attributes = new();
    private readonly ConcurrentDictionary<Instrument, byte> _measured = new();
    private readonly ConcurrentDictionary<string, byte> _values = new(StringComparer.Ordinal);

    public InstrumentRecorder(params IMeterFactory[] programs)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (programs.Contains(instrument.Meter.Scope) && instrument.Meter.Name.StartsWith("JobOrchestrator.", StringComparison.Ordinal))
            {
                _attributes.TryAdd(instrument, new(StringComparer.Ordinal));
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Take(instrument, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Take(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Take(instrument, tags));
        _listener.Start();
    }

    /// <summary>Every attribute value any measurement carried.</summary>
    public ICollection<string> Values => _values.Keys;

    public void Dispose() => _listener.Dispose();

    /// <summary>Asks the instruments that are observed.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    /// <summary>The instruments of one program, by name, and the attributes seen with each; null where nothing was measured yet.</summary>
    public IReadOnlyList<(Instrument Instrument, IReadOnlyList<string>? Attributes)> Of(IMeterFactory program) =>
    [
        .. _attributes.Where(i => i.Key.Meter.Scope == program).OrderBy(i => i.Key.Name, StringComparer.Ordinal)
            .Select(i => (i.Key, _measured.ContainsKey(i.Key) ? (IReadOnlyList<string>)[.. i.Value.Keys.Order(StringComparer.Ordinal)] : null)),
    ];

    private void Take(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (key, value) in tags)
        {
            _attributes[instrument].TryAdd(key, 0);
            _values.TryAdd($"{value}", 0);
        }

        _measured.TryAdd(instrument, 0);
    }
}
