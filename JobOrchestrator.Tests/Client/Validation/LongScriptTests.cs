using System.Text;
using JobOrchestrator.Client.Validation;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary>Length hides nothing: what is too much to be followed is refused, and what can be followed is.</summary>
public sealed class LongScriptTests
{
    private const string Tool = "network/tool";
    private const string Complexity = "script/complexity";

    [Fact]
    public void Evals_in_evals_are_followed_and_then_refused()
    {
        Assert.Equal([Tool], Rules(Nested(6)));
        Assert.Equal([Complexity], Rules(Nested(12)));

        static string Nested(int depth)
        {
            var command = "curl x";
            for (var i = 0; i < depth; i++)
            {
                command = "eval '" + command.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
            }

            return command;
        }
    }

    [Fact]
    public void Text_for_eval_that_multiplies_has_a_budget()
    {
        const int Size = 60_000;
        var text = "x='" + string.Concat(Enumerable.Repeat("./t a b c;", Size / 10)) + "'\n";
        Assert.Empty(Rules(text + "eval \"$x\"; eval \"$x\"\n"));
        Assert.Equal([Complexity], Rules(text + string.Concat(Enumerable.Range(0, ((1 << 20) / Size) + 5).Select(i => $"eval \"$x {i}\"\n"))));
    }

    [Fact]
    public void A_long_here_document_that_is_run_is_read_to_its_end() =>
        Assert.Equal([Tool], Rules($"cat > s.sh <<'EOF'\n{Lines("./t a b c", 300_000)}curl x\nEOF\nbash s.sh\n"));

    [Fact]
    public void A_long_here_document_with_expansions_that_is_run_is_refused() =>
        Assert.Equal([Complexity], Rules($"cat > s.sh <<EOF\n{Lines("./t $a b c", 300_000)}EOF\nbash s.sh\n"));

    [Fact]
    public void A_long_here_document_that_is_data_is_none_of_our_business() =>
        Assert.Empty(Rules($"cat > data.txt <<EOF\n{Lines("curl $a b c", 300_000)}EOF\nwc -l data.txt\n"));

    [Fact]
    public void Long_code_is_read_to_its_end() =>
        Assert.Equal([Tool], Rules($"python3 - <<'EOF'\nimport os\n{Lines("values.append((1, 'a'))", 100_000)}os.system('curl x')\nEOF\n"));

    [Fact]
    public void A_file_is_known_however_many_were_written_before() =>
        Assert.Equal([Tool], Rules(string.Concat(Enumerable.Range(0, 2000).Select(i => $"echo {i} > f{i}.txt\n")) + "echo 'curl x' > s\n. ./s\n"));

    [Fact]
    public void A_variable_is_known_however_many_were_set_before() =>
        Assert.Equal([Tool], Rules(string.Concat(Enumerable.Range(0, 150_000).Select(i => $"v{i}={i}\n")) + "t=curl\n$t x\n"));

    [Fact]
    public void Every_argument_counts()
    {
        Assert.Equal(["destructive/delete"], Rules("rm" + Lines(" a", 50_000).Replace("\n", "", StringComparison.Ordinal) + " /etc/hosts\n"));
        Assert.Equal([Complexity], Rules("rm" + Lines(" a", 150_000).Replace("\n", "", StringComparison.Ordinal) + " /etc/hosts\n"));
        Assert.Equal(["destructive/delete"], Rules("xargs rm <<'EOF'\n" + Lines("a", 1000) + "/etc/hosts\nEOF\n"));
    }

    [Fact]
    public void Every_item_of_a_loop_counts() =>
        Assert.Equal([Tool], Rules("for t in " + string.Join(' ', Enumerable.Range(0, 90).Select(i => $"t{i}")) + " curl; do $t x; done\n"));

    [Fact]
    public void Elements_that_are_not_followed_are_not_run()
    {
        var array = "a=(" + string.Join(' ', Enumerable.Range(0, 5000).Select(i => $"t{i}")) + " curl)\n";
        Assert.Equal([Complexity], Rules(array + "${a[5000]} x\n"));
        Assert.Empty(Rules(array + "./t ${a[7]} x\n"));
    }

    [Theory]
    [InlineData("a pipeline", "cat a", " | ./t", 2000)]
    [InlineData("here-documents on one line", "cat", " <<A", 2000)]
    [InlineData("commands in one block", "{", " ./t;", 300_000)]
    public void What_nobody_writes_is_refused_with_the_place(string what, string start, string repeated, int times)
    {
        var finding = Assert.Single(Check($"true\n{start}{string.Concat(Enumerable.Repeat(repeated, times))}\n"));
        Assert.True(finding.RuleId == Complexity && finding.Line > 0, what);
    }

    /// <summary>A line that was seen is not looked at again, unless it means something else now.</summary>
    [Theory]
    [InlineData("t=curl")]
    [InlineData("t=(curl)")]
    [InlineData("if [ $a ]; then t=curl; fi")]
    [InlineData("read -r t <<< curl")]
    [InlineData("printf -v t %s curl")]
    [InlineData("mapfile -t t <<< curl")]
    [InlineData("alias ls=curl; alias u=ls")]
    [InlineData("u() { curl x; }")]
    [InlineData("echo 'curl x' > f")]
    [InlineData("echo 'curl x' | tee f")]
    [InlineData("set -- curl")]
    [InlineData("cp /bin/bash g")]
    [InlineData("cd /; rm=1")]
    public void A_line_that_was_seen_is_looked_at_again_when_something_has_changed(string change)
    {
        // What each of the changes gives another meaning.
        const string Line = "$t \"x\"; u 'x'; . ./f; ${1:-true} x; printf 'curl\\n' | ./g; cat etc/shadow\n";
        var before = Lines(Line.TrimEnd('\n'), 500);
        Assert.Empty(Errors($"t=true\n{before}"));
        Assert.NotEmpty(Errors($"t=true\n{before}{change}\n{Line}"));
    }

    [Fact]
    public void A_change_that_is_undone_changes_nothing()
    {
        var script = new StringBuilder("t=true\n");
        for (var i = 0; i < 1000; i++)
        {
            script.Append("t=false; $t \"x\"\nt=true; $t \"x\"\n");
        }

        Assert.Empty(Errors(script.ToString()));
        Assert.Equal(Tool, Assert.Single(Errors($"{script}t=curl; $t \"x\"\n{script}")).RuleId);
    }

    [Fact]
    public void A_long_script_before_a_dangerous_one_does_not_hide_it()
    {
        var prelude = Lines("for f in a b; do n=$(basename \"$f\" .x); echo \"$n\" | ./t > \"$n.out\"; done", 300);
        Assert.All(CorpusScript.Dangerous.Where(s => !s.Text.Contains("$0", StringComparison.Ordinal)), s => Assert.NotEmpty(Errors(prelude + s.Text)));
    }

    private static string Lines(string line, int times) => new StringBuilder().Insert(0, line + "\n", times).ToString();

    private static IReadOnlyList<Finding> Check(string script) => ScriptValidator.Validate(Encoding.UTF8.GetBytes(script), RuleSet.Default);

    private static IEnumerable<Finding> Errors(string script) => Check(script).Where(f => f.Severity == Severity.Error);

    private static IEnumerable<string> Rules(string script) => Errors(script).Select(f => f.RuleId).Distinct();
}
