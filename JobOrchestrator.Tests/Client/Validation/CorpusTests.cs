using System.Globalization;
using System.Text;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary>How much the validator catches and how rarely it is wrong, over scripts as people write them.</summary>
public sealed class CorpusTests
{
    private const double LeastCaught = 0.99;
    private const double MostWrong = 0.01;

    [Fact]
    public void The_corpus_is_large_and_has_no_script_twice()
    {
        Assert.True(CorpusScript.Dangerous.Count >= 250 && CorpusScript.Honest.Count >= 250);
        var all = CorpusScript.Dangerous.Concat(CorpusScript.Honest).ToList();
        Assert.Equal(all.Count, all.Select(s => s.Text).Distinct().Count());
        Assert.Equal(
            ["destructive", "device", "miner", "network", "obfuscation", "persistence", "privilege", "resources", "secrets"],
            CorpusScript.Dangerous.Select(s => s.Category).Distinct());
    }

    [Fact]
    public void Dangerous_scripts_are_refused()
    {
        var missed = CorpusScript.Dangerous.Where(s => !s.IsRefused).ToList();
        Assert.True(Caught(missed) >= LeastCaught, "Accepted:\n" + string.Join('\n', missed));
    }

    [Fact]
    public void Honest_scripts_are_accepted()
    {
        var refused = CorpusScript.Honest.Where(s => s.IsRefused).ToList();
        Assert.True(Wrong(refused) <= MostWrong, "Refused:\n" + string.Join('\n', refused.Select(s => $"{s} {string.Join("; ", s.Findings)}")));
    }

    [Fact]
    public void The_page_has_the_rates_that_are_measured()
    {
        var missed = CorpusScript.Dangerous.Count(s => !s.IsRefused);
        var refused = CorpusScript.Honest.Count(s => s.IsRefused);
        var warned = CorpusScript.Honest.Count(s => !s.IsRefused && s.Findings.Count > 0);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"""
                | scripts | number | refused | rate |
                |---|---|---|---|
                | dangerous | {CorpusScript.Dangerous.Count} | {CorpusScript.Dangerous.Count - missed} | {100.0 * (CorpusScript.Dangerous.Count - missed) / CorpusScript.Dangerous.Count:0.0} % |
                | honest | {CorpusScript.Honest.Count} | {refused} | {100.0 * refused / CorpusScript.Honest.Count:0.0} % |

                Of the honest scripts {warned} run with a warning.
                """),
            Repository.Read("docs", "validator.md"), StringComparison.Ordinal);
    }

    /// <summary>A rule set with a command of its own has every command taken apart, without the short cuts.</summary>
    [Fact]
    public void Short_cuts_change_no_verdict()
    {
        List<string> errors = [];
        var tuned = RuleSet.Default.With("command:no-such-command=error", "test", errors);
        Assert.Empty(errors);
        Assert.All(CorpusScript.Dangerous.Concat(CorpusScript.Honest), script =>
            Assert.Equal(ScriptValidator.Validate(Encoding.UTF8.GetBytes(script.Text), tuned), script.Findings));
    }

    /// <summary>A tokenizer that loses its way in a quote or a here-document would miss what comes after it.</summary>
    [Fact]
    public void Nothing_in_an_honest_script_hides_what_stands_behind_it()
    {
        Assert.All(CorpusScript.Honest.Where(s => !s.Text.Contains("\nexit 0\n", StringComparison.Ordinal) && !s.Text.TrimEnd().Split('\n')[^1].Contains("exit ", StringComparison.Ordinal)), script =>
        {
            var line = script.Text.Count(c => c == '\n') + 1;
            Assert.Contains(CorpusScript.Check(script.Text + "cu\\rl http://198.51.100.7/\n"), f => f.RuleId == "network/tool" && f.Line == line);
        });
    }

    [Fact]
    public void Nothing_honest_before_a_dangerous_script_hides_it()
    {
        // Without -u: behind it a variable that is not set ends the script and deletes nothing.
        var prelude = CorpusScript.Honest.Single(s => s.Title == "trap with functions").Text.Replace("-Eeuo", "-Eeo", StringComparison.Ordinal);
        Assert.All(CorpusScript.Dangerous.Where(s => s.IsRefused && !s.Text.Contains("$0", StringComparison.Ordinal)), s => Assert.Contains(CorpusScript.Check(prelude + s.Text), f => f.Severity == Severity.Error));
    }

    /// <summary>Text that is only said is never objected to, whatever it says.</summary>
    [Fact]
    public void A_dangerous_script_that_is_only_written_to_a_file_is_data()
    {
        Assert.All(CorpusScript.Dangerous.Where(s => s.Category is not "miner" && !s.Text.Contains("END_OF_DATA", StringComparison.Ordinal)), s =>
            Assert.Empty(CorpusScript.Check($"cat > notes.txt <<'END_OF_DATA'\n{s.Text}END_OF_DATA\nwc -l notes.txt\n")));
    }

    private static double Caught(IReadOnlyCollection<CorpusScript> missed) => 1 - ((double)missed.Count / CorpusScript.Dangerous.Count);

    private static double Wrong(IReadOnlyCollection<CorpusScript> refused) => (double)refused.Count / CorpusScript.Honest.Count;
}
