using System.Globalization;
using System.Text.RegularExpressions;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Documentation;

/// <summary>docs/api.md lists exactly the kinds of problems there are.</summary>
public sealed partial class ApiPageTests
{
    [Fact]
    public void The_page_lists_every_kind_of_problem()
    {
        var page = Repository.Read("docs", "api.md");
        var listed = RowPattern().Matches(page[page.IndexOf("## Errors", StringComparison.Ordinal)..])
            .Select(m => (m.Groups[1].Value, int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), m.Groups[3].Value));
        Assert.Equal(ProblemKind.All.Select(k => (k.Code, k.Status, k.Advice)), listed);
    }

    [GeneratedRegex("^\\| `(\\w+)` \\| (\\d+) \\| (.*) \\|$", RegexOptions.Multiline)]
    private static partial Regex RowPattern();
}
