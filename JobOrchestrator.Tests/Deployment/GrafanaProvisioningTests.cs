using System.Globalization;
using System.Text.Json;
using JobOrchestrator.Tests.Support;
using YamlDotNet.Serialization;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>
/// What the published Grafana finds when it starts: every name in its files leads to something that is there. Grafana itself takes a member it does not
/// know in silence, so that the members are those of its documented format is asked here.
/// </summary>
public class GrafanaProvisioningTests
{
    private const string Mounted = "/etc/grafana/provisioning";

    private static readonly string Directory = Path.Combine(PublishedCompose.Directory, "grafana");

    [Fact]
    public void The_one_data_source_is_the_published_prometheus()
    {
        var source = Assert.Single(Entries("datasources/prometheus.yaml", "datasources"));
        Assert.Equal(["access", "editable", "isDefault", "jsonData", "name", "type", "uid", "url"], Keys(source));
        Assert.Equal(("prometheus", "proxy", "true"), (source["type"], source["access"], source["isDefault"]));
        var url = new Uri((string)source["url"]);
        Assert.Contains(url.Host, PublishedCompose.ServiceNames);
        Assert.Equal([$"{url.Port}"], PublishedCompose.List(url.Host, "expose"));
        Assert.NotEmpty(PublishedCompose.List("grafana", "networks").Intersect(PublishedCompose.List(url.Host, "networks")));

        var details = (Dictionary<object, object>)source["jsonData"];
        Assert.Equal(["httpMethod", "prometheusType", "prometheusVersion", "timeInterval"], Keys(details));
        Assert.EndsWith($":v{details["prometheusVersion"]}", PublishedCompose.Text(url.Host, "image"), StringComparison.Ordinal);
        var interval = TimeSpan.FromSeconds(int.Parse(((string)details["timeInterval"]).TrimEnd('s'), CultureInfo.InvariantCulture));
        Assert.All(["server", "client"], service => Assert.Equal($"{interval.TotalMilliseconds}", PublishedCompose.Text(service, "environment", "OTEL_METRIC_EXPORT_INTERVAL")));
    }

    [Fact]
    public void The_dashboards_are_where_the_provider_looks()
    {
        var provider = Assert.Single(Entries("dashboards/joborchestrator.yaml", "providers"));
        Assert.Equal(["allowUiUpdates", "disableDeletion", "folder", "folderUid", "name", "options", "type"], Keys(provider));
        Assert.Equal("file", provider["type"]);
        var path = (string)((Dictionary<object, object>)provider["options"])["path"];
        Assert.StartsWith(Mounted + "/", path, StringComparison.Ordinal);
        var mount = Assert.Single((List<object>)PublishedCompose.At("grafana", "volumes")!, v => ((Dictionary<object, object>)v)["target"].Equals(Mounted));
        Assert.Equal("./grafana", ((Dictionary<object, object>)mount)["source"]);
        Assert.Equal(
            ["joborchestrator-clients.json", "joborchestrator-server.json"],
            System.IO.Directory.GetFiles(Path.Combine(Directory, path[(Mounted.Length + 1)..]), "*.json").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    /// <summary>Grafana fills a variable for data sources with the default of the type it names; every panel and query asks through that variable.</summary>
    [Fact]
    public void Every_data_source_a_dashboard_names_is_the_provisioned_one()
    {
        var source = Assert.Single(Entries("datasources/prometheus.yaml", "datasources"));
        var uids = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in System.IO.Directory.GetFiles(Path.Combine(Directory, "dashboards"), "*.json"))
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
            Assert.True(uids.Add(dashboard.RootElement.GetProperty("uid").GetString()!), "two dashboards have one uid");
            var variable = Assert.Single(
                dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray(), v => v.GetProperty("type").GetString() == "datasource");
            Assert.Equal(source["type"], variable.GetProperty("query").GetString());
            var references = References(dashboard.RootElement).ToArray();
            Assert.NotEmpty(references);
            Assert.All(references, reference => Assert.Equal(
                (source["type"], $"${{{variable.GetProperty("name").GetString()}}}"), (reference.GetProperty("type").GetString(), reference.GetProperty("uid").GetString())));
        }
    }

    [Fact]
    public void Nobody_looks_without_signing_in_and_nothing_is_fetched_or_reported()
    {
        Assert.Equal("false", Setting("GF_AUTH_ANONYMOUS_ENABLED"));
        Assert.Equal("false", Setting("GF_USERS_ALLOW_SIGN_UP"));
        Assert.StartsWith("${GRAFANA_ADMIN_PASSWORD:?", Setting("GF_SECURITY_ADMIN_PASSWORD"), StringComparison.Ordinal);
        Assert.All(
            ["GF_ANALYTICS_REPORTING_ENABLED", "GF_ANALYTICS_CHECK_FOR_UPDATES", "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "GF_SNAPSHOTS_EXTERNAL_ENABLED", "GF_NEWS_NEWS_FEED_ENABLED"],
            name => Assert.Equal("false", Setting(name)));
        Assert.All(["GF_PLUGINS_PREINSTALL_DISABLED", "GF_SECURITY_DISABLE_GRAVATAR", "GF_SECURITY_COOKIE_SECURE"], name => Assert.Equal("true", Setting(name)));
    }

    [Fact]
    public void The_proxy_leads_there_and_it_is_no_neighbour_of_the_server_that_is_believed()
    {
        var networks = PublishedCompose.List("grafana", "networks");
        Assert.DoesNotContain("web", networks);
        Assert.NotEmpty(networks.Intersect(PublishedCompose.List("proxy", "networks")));
        Assert.Contains($"http://grafana:{Assert.Single(PublishedCompose.List("grafana", "expose"))}", Repository.Read("deploy", "nginx", "nginx.conf"), StringComparison.Ordinal);
        Assert.EndsWith("/grafana/", Setting("GF_SERVER_ROOT_URL"), StringComparison.Ordinal);
        Assert.Equal("true", Setting("GF_SERVER_SERVE_FROM_SUB_PATH"));
    }

    private static string? Setting(string name) => PublishedCompose.Text("grafana", "environment", name);

    private static IEnumerable<string> Keys(Dictionary<object, object> map) => map.Keys.Cast<string>().Order(StringComparer.Ordinal);

    private static List<Dictionary<object, object>> Entries(string file, string member)
    {
        var document = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(Path.Combine(Directory, file)));
        Assert.Equal(["apiVersion", member], document.Keys);
        Assert.Equal("1", document["apiVersion"]);
        return [.. ((List<object>)document[member]).Cast<Dictionary<object, object>>()];
    }

    /// <summary>Every <c>datasource</c> of a dashboard, however deep.</summary>
    private static IEnumerable<JsonElement> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.NameEquals("datasource") && p.Value.ValueKind == JsonValueKind.Object ? [p.Value] : References(p.Value)),
        _ => [],
    };
}
