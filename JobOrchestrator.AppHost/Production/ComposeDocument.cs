using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace JobOrchestrator.AppHost.Production;

/// <summary>Finishes the compose file a host has written: adds what Aspire's nodes cannot say, and a word to the reader.</summary>
internal static class ComposeDocument
{
    private const string Header =
        """
        # Written by "publish" from JobOrchestrator.AppHost/AppHost.cs; publishing again overwrites it. Settings go into .env, changes of your own into
        # docker-compose.override.yaml. docs/operations.md tells how to run it.

        """;

    /// <summary>Processes and threads of a container; a client's jobs count as its own.</summary>
    private static readonly Dictionary<string, int> PidsLimits = new(StringComparer.Ordinal) { ["client"] = 4096, ["server"] = 512 };

    public static void Finish(string path)
    {
        var yaml = new YamlStream();
        using (var reader = new StreamReader(path))
        {
            yaml.Load(reader);
        }

        foreach (var (name, service) in (YamlMappingNode)yaml.Documents[0].RootNode["services"])
        {
            var limit = PidsLimits.GetValueOrDefault(((YamlScalarNode)name).Value!, 256);
            var settings = (YamlMappingNode)service;
            settings.Add("pids_limit", new YamlScalarNode($"{limit}"));
            QuoteEnvironment(settings);
        }

        using var text = new StringWriter { NewLine = "\n" };
        yaml.Save(text, assignAnchors: false);
        var body = text.ToString();

        // The emitter ends a document with a marker nobody needs.
        File.WriteAllText(path, Header + (body.EndsWith("...\n", StringComparison.Ordinal) ? body[..^4] : body));
    }

    /// <summary>Compose wants text there, and some of its programs read an unquoted <c>on</c> as true.</summary>
    private static void QuoteEnvironment(YamlMappingNode service)
    {
        if (service.Children.TryGetValue("environment", out var environment))
        {
            foreach (var value in ((YamlMappingNode)environment).Children.Values.Cast<YamlScalarNode>())
            {
                value.Style = ScalarStyle.DoubleQuoted;
            }
        }
    }
}
