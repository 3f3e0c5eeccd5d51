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

    [Fact]
    public async Task Docker_compose_accepts_it()
    {
        var (code, output) = await ConfigAsync("JOBORCHESTRATOR_CLIENT_SECRET=s", "HTTPS_PORT=8443");
        Assert.True(code == 0, output);
        Assert.Contains("joborchestrator-client:0.1.0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_secrets_it_does_not_start()
    {
        var (code, output) = await ConfigAsync();
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

    private static async Task<(int Code, string Output)> ConfigAsync(params string[] environment)
    {
        Assert.SkipUnless(File.Exists(Compose), "needs the package docker-compose (eng/packages installs it)");
        await using var run = ProgramRun.Start(
            "env", [.. environment, Compose, "--project-directory", PublishedCompose.Directory, "-f", Path.Combine(PublishedCompose.Directory, "docker-compose.yaml"), "config"]);
        var code = await run.ExitAsync(TestContext.Current.CancellationToken);
        return (code, run.Output);
    }
}
