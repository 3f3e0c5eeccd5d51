using System.Globalization;

namespace JobOrchestrator.Cli.Commands;

/// <summary>Times as people type them.</summary>
internal static class TimeArgument
{
    public const string Forms = "a while ago, as in 30s, 15m, 2h or 7d, or a date or time, as in 2026-01-31 or 2026-01-31T12:00 (yours, unless it ends in Z or +02:00)";

    /// <summary>The point in time that a text means now, where this machine is; false when it is none.</summary>
    public static bool TryParse(string text, TimeProvider clock, out DateTimeOffset time)
    {
        time = default;
        if (text.Length > 1 && UnitOf(text[^1]) is { } unit
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            var now = clock.GetUtcNow();
            time = unit * count < now - DateTimeOffset.MinValue ? now - (unit * count) : DateTimeOffset.MinValue;
            return true;
        }

        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind | DateTimeStyles.NoCurrentDateDefault, out var date)
            || date.Year == 1)
        {
            return false; // not a time of day alone: which day was meant?
        }

        var local = date.Kind == DateTimeKind.Unspecified;
        time = local ? new DateTimeOffset(date, clock.LocalTimeZone.GetUtcOffset(date)) : new DateTimeOffset(date.ToUniversalTime());
        return true;
    }

    private static TimeSpan? UnitOf(char unit) => unit switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}
