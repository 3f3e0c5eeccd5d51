using System.Text.RegularExpressions;
using JobOrchestrator.Client;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Webhooks;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace JobOrchestrator.Tests.Documentation;

/// <summary>docs/configuration.md lists exactly the settings the programs ask for.</summary>
public partial class ConfigurationPageTests
{
    [Fact]
    public void The_server_asks_for_what_its_section_lists()
    {
        var asked = new RecordingConfiguration();
        ServerOptions.Load(asked, []);
        SelectionPolicy.Load(asked, []);
        WebhookOptions.Load(asked, []);
        AccessOptions.Load(asked, []);
        ClientSecret.Load(key => asked[key], []);
        Assert.Equal(Listed("## Server", "### Services"), asked.Keys);
    }

    [Fact]
    public void The_client_asks_for_what_its_section_lists()
    {
        var asked = new RecordingConfiguration();
        ClientOptions.Load(asked, []);
        ValidationTuning.Load(asked, []);
        Assert.Equal(Listed("## Client", "## Both"), asked.Keys);
    }

    [Fact]
    public void Services_have_the_settings_their_section_lists()
    {
        var errors = new List<string>();
        var wrong = new ConfigurationBuilder().AddInMemoryCollection([new("SERVICE_X", "1")]).Build();
        ServiceCatalog.Load(wrong, errors);
        var known = SuffixPattern().Matches(Assert.Single(errors)).Select(m => "SERVICE_<NAME>" + m.Value);
        Assert.Equal(Listed("### Services", "### Service discovery"), new SortedSet<string>(known, StringComparer.Ordinal));
    }

    private static SortedSet<string> Listed(string from, string to)
    {
        var page = Repository.Read("docs", "configuration.md");
        var section = page[page.IndexOf(from + "\n", StringComparison.Ordinal)..page.IndexOf(to + "\n", StringComparison.Ordinal)];
        return new SortedSet<string>(RowPattern().Matches(section).Select(m => m.Groups[1].Value), StringComparer.Ordinal);
    }

    [GeneratedRegex("^\\| `([^`]+)`", RegexOptions.Multiline)]
    private static partial Regex RowPattern();

    [GeneratedRegex("(?<=[ ,])_[A-Z_]+")]
    private static partial Regex SuffixPattern();

    /// <summary>An empty configuration that remembers what it was asked for.</summary>
    private sealed class RecordingConfiguration : IConfiguration
    {
        public SortedSet<string> Keys { get; } = new(StringComparer.Ordinal);

        public string? this[string key]
        {
            get
            {
                Keys.Add(key);
                return null;
            }
            set => throw new NotSupportedException();
        }

        public IEnumerable<IConfigurationSection> GetChildren() => [];

        public IChangeToken GetReloadToken() => throw new NotSupportedException();

        public IConfigurationSection GetSection(string key) => throw new NotSupportedException();
    }
}
