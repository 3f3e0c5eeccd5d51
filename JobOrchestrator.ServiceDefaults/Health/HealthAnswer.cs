using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.ServiceDefaults.Health;

/// <summary>
/// How health reads: the classic shape, <c>{"status":"ok","database":"ok"}</c> with one word per check (what is wrong, where it is unhealthy), and beside it <c>checks</c>, with what
/// each check has to say to an operator: description, figures, seconds it took.
/// </summary>
internal static class HealthAnswer
{
    public static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        // Whatever is answered with 200 is "ok" to those who only know the classic shape; a degraded check says so itself.
        json.WriteString("status", report.Status == HealthStatus.Unhealthy ? Word(report.Status) : Word(HealthStatus.Healthy));
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteString(name, entry.Status == HealthStatus.Unhealthy && Words(entry) is { } words ? words : Word(entry.Status));
        }

        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            WriteDetails(json, name, entry);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json, string name, HealthReportEntry entry)
    {
        json.WriteStartObject(name);
        json.WriteString("status", Word(entry.Status));
        if (Words(entry) is { } description)
        {
            json.WriteString("description", description);
        }

        json.WriteNumber("seconds", Math.Round(entry.Duration.TotalSeconds, 6));
        foreach (var (key, value) in entry.Data)
        {
            json.WritePropertyName(key);
            JsonSerializer.Serialize(json, value);
        }

        json.WriteEndObject();
    }

    private static string? Words(HealthReportEntry entry) => entry.Description ?? entry.Exception?.Message;

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
