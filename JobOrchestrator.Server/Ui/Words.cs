using System.Globalization;
using JobOrchestrator.Contracts.V1;
using MudBlazor;

namespace JobOrchestrator.Server.Ui;

/// <summary>Times, sizes and states as the pages write them.</summary>
public static class Words
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Of(JobStatus status) => status.ToString().ToLowerInvariant();

    public static Color ColourOf(JobStatus status) => status switch
    {
        JobStatus.Completed => Color.Success,
        JobStatus.Failed or JobStatus.Invalid => Color.Error,
        JobStatus.Killed => Color.Warning,
        JobStatus.Running => Color.Info,
        _ => Color.Default,
    };

    /// <summary>UTC, which is the same for everybody who talks about it.</summary>
    public static string Of(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    public static string Of(TimeSpan span) => span switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes} min {span.Seconds} s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.Days} d {span.Hours} h"),
    };

    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }
}
