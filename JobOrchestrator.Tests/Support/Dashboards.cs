using System.Text.Json;

namespace JobOrchestrator.Tests.Support;

/// <summary>The Grafana dashboards of <c>deploy/grafana/dashboards</c>.</summary>
internal static class Dashboards
{
    public static IReadOnlyList<string> Files { get; } = [.. Directory.GetFiles(Repository.PathOf("deploy", "grafana", "dashboards"), "*.json").Order(StringComparer.Ordinal)];

    /// <summary>Every expression of a dashboard with the panel it is in, variables at "all".</summary>
    public static IReadOnlyList<(string Panel, string Expression)> ExpressionsOf(string file)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
        var variables = dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Select(v => v.GetProperty("name").GetString()!).ToArray();
        return
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               where panel.TryGetProperty("targets", out _)
               from target in panel.GetProperty("targets").EnumerateArray()
               select (panel.GetProperty("title").GetString()!, Fill(target.GetProperty("expr").GetString()!, variables)),
        ];
    }

    private static string Fill(string expression, IEnumerable<string> variables) => variables.Aggregate(
        expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal), (text, name) => text.Replace("$" + name, ".*", StringComparison.Ordinal));
}
