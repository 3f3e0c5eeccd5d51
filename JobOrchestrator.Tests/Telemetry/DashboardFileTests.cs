using System.Text.Json;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Telemetry;

/// <summary>The dashboards can be imported as they are: they name no data source of any installation, and their panels do not overlap.</summary>
public class DashboardFileTests
{
    public static TheoryData<string> Files => [.. Dashboards.Files.Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void It_asks_for_its_data_source_and_nothing_else(string file)
    {
        using var dashboard = JsonDocument.Parse(Repository.Read("deploy", "grafana", "dashboards", file));
        var root = dashboard.RootElement;
        Assert.False(root.TryGetProperty("__inputs", out _));
        Assert.False(root.TryGetProperty("id", out _)); // Grafana gives it one
        Assert.Equal("datasource", root.GetProperty("templating").GetProperty("list")[0].GetProperty("type").GetString());
        var panels = root.GetProperty("panels").EnumerateArray().ToArray();
        Assert.Equal(panels.Length, panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels.Where(p => p.GetProperty("type").GetString() != "row"), panel =>
        {
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            Assert.All(panel.GetProperty("targets").EnumerateArray(), t => Assert.Equal("${datasource}", t.GetProperty("datasource").GetProperty("uid").GetString()));
        });
        var cells = panels.SelectMany(p => Cells(p.GetProperty("gridPos"))).ToArray();
        Assert.Equal(cells.Length, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.X, 0, 23));
    }

    private static IEnumerable<(int X, int Y)> Cells(JsonElement position)
    {
        var (x, y, w, h) = (Number("x"), Number("y"), Number("w"), Number("h"));
        return from i in Enumerable.Range(x, w) from j in Enumerable.Range(y, h) select (i, j);

        int Number(string name) => position.GetProperty(name).GetInt32();
    }
}
