using System.Text;
using System.Text.RegularExpressions;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary>One script of the corpus: files of sections, each begun by a line <c>=== title</c>.</summary>
internal sealed partial record CorpusScript(string Category, string Title, string Text)
{
    public static IReadOnlyList<CorpusScript> Dangerous { get; } = Load("dangerous");

    public static IReadOnlyList<CorpusScript> Honest { get; } = Load("honest");

    public IReadOnlyList<Finding> Findings => Check(Text);

    public bool IsRefused => Findings.Any(f => f.Severity == Severity.Error);

    public static IReadOnlyList<Finding> Check(string script) => ScriptValidator.Validate(Encoding.UTF8.GetBytes(script), RuleSet.Default);

    public override string ToString() => $"{Category}: {Title}";

    private static List<CorpusScript> Load(string kind) =>
        [.. Directory.GetFiles(Repository.PathOf("JobOrchestrator.Tests", "Client", "Validation", "Corpus", kind), "*.txt").Order(StringComparer.Ordinal).SelectMany(Read)];

    private static IEnumerable<CorpusScript> Read(string file) =>
        SectionPattern().Split(File.ReadAllText(file)).Skip(1).Select(section =>
        {
            var end = section.IndexOf('\n', StringComparison.Ordinal);
            return new CorpusScript(Path.GetFileNameWithoutExtension(file), section[..end], section[(end + 1)..]);
        });

    [GeneratedRegex("^=== ", RegexOptions.Multiline)]
    private static partial Regex SectionPattern();
}
