using System.Text.RegularExpressions;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Documentation;

/// <summary>docs/validator.md lists exactly the rules there are, as severe as they are.</summary>
public sealed partial class ValidatorPageTests
{
    [Fact]
    public void Every_rule_has_its_row_and_every_row_its_rule()
    {
        var page = Repository.Read("docs", "validator.md");
        var rows = RowPattern().Matches(page).Select(m => m.Value);
        Assert.Equal(ScriptRules.All.Select(r => $"| `{r.Id}` | {(r.Severity == Severity.Error ? "error" : "warning")} | {r.What} |"), rows);
    }

    [Fact]
    public void Every_rule_says_why_and_what_to_do()
    {
        Assert.Equal(ScriptRules.All.Count, ScriptRules.ById.Count);
        Assert.All(ScriptRules.All, r => Assert.True(r.Reason.Length > 20 || r.Id.StartsWith("script/", StringComparison.Ordinal), r.Id));
    }

    [GeneratedRegex("^\\| `[a-z]+/[a-z-]+` \\| (error|warning) \\| .* \\|$", RegexOptions.Multiline)]
    private static partial Regex RowPattern();
}
