using JobOrchestrator.Server;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Server;

/// <summary>A wrong configuration stops the start with one message that lists every error.</summary>
public sealed class ConfigurationErrorTests
{
    [Fact]
    public async Task The_server_lists_all_errors_at_once_and_ends_with_2()
    {
        await using var server = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), [], new Dictionary<string, string>
        {
            ["PORT"] = "http",
            ["MAX_AGE"] = "-1",
            ["CLIENT_SELECTION"] = "best",
            ["SERVICE_A_CLIENTS"] = "nonsense",
            ["SERVICE_B_UPLOAD_URL"] = "http://host/submit",
            ["SERVICE_C_MAX_RUNS"] = "0",
            ["SERVICE_D_COLOUR"] = "red",
        });
        Assert.Equal(2, await server.ExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("The configuration has errors:\n", server.Output, StringComparison.Ordinal);
        Assert.Equal(
            [
                "  - CLIENT_SELECTION is 'best', but must be least-loaded, power-of-two-choices or round-robin.",
                "  - MAX_AGE is '-1', but must be a whole number from 0 to 3153600000.",
                "  - PORT is 'http', but must be a whole number from 0 to 65535.",
                "  - SERVICE_A_CLIENTS contains 'nonsense', which is no address such as http://host:9000.",
                "  - SERVICE_C_MAX_RUNS is '0', but must be a whole number above 0.",
                "  - SERVICE_D_COLOUR is not a setting of a service; it must be SERVICE_<NAME> followed by one of "
                    + string.Join(", ", Documented()) + ".",
                "  - Service 'b' lacks SERVICE_B_DOWNLOAD_URL: the three classic URLs only work together.",
                "  - Service 'b' lacks SERVICE_B_TERMINATE_URL: the three classic URLs only work together.",
                "  - Service 'c' has no client nodes: set SERVICE_C_CLIENTS, or its three classic URLs.",
            ],
            server.Output.TrimEnd().Split('\n').Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_client_lists_all_errors_at_once_and_ends_with_2()
    {
        await using var client = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Client"), [], new Dictionary<string, string>
        {
            ["PORT"] = "70000",
            ["SLOTS"] = "none",
            ["VALIDATION"] = "perhaps",
        });
        Assert.Equal(2, await client.ExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("The configuration has errors:", client.Output, StringComparison.Ordinal);
        Assert.Contains("  - PORT is '70000', but must be a whole number from 0 to 65535.", client.Output, StringComparison.Ordinal);
        Assert.Contains("  - SLOTS is 'none', but must be a whole number from 1 to 100000.", client.Output, StringComparison.Ordinal);
        Assert.Contains("  - VALIDATION is 'perhaps', but must be enforce, warn or off.", client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_services_may_have_digits_and_underscores_and_both_ways_of_writing_are_one()
    {
        var errors = new List<string>();
        var catalog = ServiceCatalog.Load(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["SERVICE_HADDOCK_3_CLIENTS_CLIENTS"] = "http://a:9000, http://b:9000",
                ["SERVICE_HADDOCK_3_CLIENTS_MAX_RUNS"] = "7",
                ["service_mixed_UPLOAD_URL"] = "http://c/submit",
                ["service_mixed_DOWNLOAD_URL"] = "http://c/retrieve",
                ["service_mixed_TERMINATE_URL"] = "http://c/kill",
                ["Services:structured:Clients:0"] = "http://d:9000",
                ["Services:structured:Clients:1"] = "http://e:9000",
                ["Services:structured:RunsPerUser"] = "3",
                ["Services:client:http:0"] = "http://discovery-keeps-its-own-here:9000",
            }).Build(), errors);
        Assert.Empty(errors);
        Assert.Equal(["haddock_3_clients", "mixed", "structured"], catalog.Services.Values.Select(s => s.Name).Order(StringComparer.Ordinal));
        var first = catalog.Services["Haddock_3_Clients"];
        Assert.Equal((2, 7, ServiceDefinition.DefaultRunsPerUser), (first.Clients.Count, first.MaxRuns, first.RunsPerUser));
        Assert.Equal(new Uri("http://c/retrieve"), catalog.Services["MIXED"].Classic!.Download);
        Assert.Equal((2, 3), (catalog.Services["structured"].Clients.Count, catalog.Services["structured"].RunsPerUser));
    }

    [Fact]
    public void Relative_paths_are_taken_from_where_the_program_was_started()
    {
        var options = ServerOptions.Load(new ConfigurationBuilder().AddInMemoryCollection([new("DB_PATH", "a/b.sqlite"), new("DATA_PATH", "c")]).Build(), []);
        Assert.Equal((Path.GetFullPath("a/b.sqlite"), Path.GetFullPath("c")), (options.DatabasePath, options.DataPath));
    }

    /// <summary>The settings of a service, as the page on configuration lists them.</summary>
    private static IEnumerable<string> Documented() =>
        System.Text.RegularExpressions.Regex.Matches(Repository.Read("docs", "configuration.md"), @"^\| `SERVICE_<NAME>(_[A-Z_]+)`", System.Text.RegularExpressions.RegexOptions.Multiline)
            .Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal);
}
