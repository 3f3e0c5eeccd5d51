using System.Text.Json;
using System.Text.RegularExpressions;
using JobOrchestrator.Tests.Support;
using Json.Schema;
using YamlDotNet.Serialization;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>The published file as other people's programs see it.</summary>
public partial class ComposeAcceptanceTests
{
    private const string Compose = "/usr/bin/docker-compose";

    /// <summary>The Compose Specification's schema, as that Debian package brings it.</summary>
    private const string Schema = "/usr/lib/python3/dist-packages/compose/config/compose_spec.json";

    private static readonly string[] Secrets = ["JOBORCHESTRATOR_CLIENT_SECRET=s", "GRAFANA_ADMIN_PASSWORD=p"];

    /// <summary>Files for beside the published one, each with something only it says.</summary>
    public static TheoryData<string> Overlays =>
        [.. Directory.GetFiles(PublishedCompose.Directory, "docker-compose.*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Docker_compose_accepts_it()
    {
        var (code, output) = await ConfigAsync([], [.. Secrets, "HTTPS_PORT=8443"]);
        Assert.True(code == 0, output);
        Assert.Contains("joborchestrator-client:0.1.0", output, StringComparison.Ordinal);
    }

    /// <summary>Merged, not replaced: what the base file says of a service stays, and what the overlay adds is there.</summary>
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Docker_compose_accepts_each_overlay_with_it(string overlay)
    {
        var (code, output) = await ConfigAsync([overlay], Secrets);
        Assert.True(code == 0, output);
        var merged = Parse(output);
        var added = Parse(await File.ReadAllTextAsync(Path.Combine(PublishedCompose.Directory, overlay), TestContext.Current.CancellationToken));
        Assert.Equal(PublishedCompose.ServiceNames.Order(StringComparer.Ordinal), merged.Keys.Order(StringComparer.Ordinal));
        foreach (var (service, settings) in added)
        {
            foreach (var (setting, values) in settings)
            {
                var expected = ((List<object>)values).Concat((List<object>)PublishedCompose.At(service, (string)setting)!).Order();
                Assert.Equal(expected, ((List<object>)merged[service][setting]).Order());
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Without_one_of_its_secrets_it_does_not_start(int missing)
    {
        var (code, output) = await ConfigAsync([], [.. Secrets.Where((_, i) => i != missing)]);
        Assert.NotEqual(0, code);
        Assert.Contains("set it in .env", output, StringComparison.Ordinal);
    }

    [Fact]
    public void It_follows_the_schema_of_the_specification()
    {
        Assert.SkipUnless(File.Exists(Schema), "needs the package docker-compose (eng/packages installs it)");
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize<object>(File.ReadAllText(Path.Combine(PublishedCompose.Directory, "docker-compose.yaml")));
        using var json = JsonDocument.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(yaml));

        // The file names its dialect by an address nobody knows, has "id" where that dialect says "$id", and means Go's durations.
        var schema = IdPattern().Replace(File.ReadAllText(Schema), string.Empty)
            .Replace("http://json-schema.org/draft/2019-09/schema#", MetaSchemas.Draft201909Id.AbsoluteUri, StringComparison.Ordinal)
            .Replace("\"format\": \"duration\"", "\"format\": \"go-duration\"", StringComparison.Ordinal);
        var result = JsonSchema.FromText(schema).Evaluate(json.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid, string.Join('\n', (result.Details ?? []).Where(d => d.Errors is not null)
            .Select(d => $"{d.InstanceLocation}: {string.Join("; ", d.Errors!.Values)}")));
    }

    [GeneratedRegex("\"id\": \"[^\"]*\",")]
    private static partial Regex IdPattern();

    private static Dictionary<string, Dictionary<object, object>> Parse(string yaml) => new DeserializerBuilder().IgnoreUnmatchedProperties().Build()
        .Deserialize<ServicesOnly>(yaml).Services;

    private static async Task<(int Code, string Output)> ConfigAsync(string[] overlays, string[] environment)
    {
        Assert.SkipUnless(File.Exists(Compose), "needs the package docker-compose (eng/packages installs it)");
        var files = overlays.Prepend("docker-compose.yaml").SelectMany(f => (string[])["-f", Path.Combine(PublishedCompose.Directory, f)]);
        await using var run = ProgramRun.Start("env", [.. environment, Compose, "--project-directory", PublishedCompose.Directory, .. files, "config"]);
        var code = await run.ExitAsync(TestContext.Current.CancellationToken);
        return (code, run.Output);
    }

    private sealed class ServicesOnly
    {
        [YamlMember(Alias = "services")]
        public Dictionary<string, Dictionary<object, object>> Services { get; set; } = [];
    }
}
