using System.Globalization;
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
    public void A_command_inside_of_others_is_found_or_too_deep_to_be()
    {
        Assert.Equal(Tool, Assert.Single(Errors(string.Concat(Enumerable.Repeat("env ", 30)) + "curl x\n")).RuleId);
        Assert.Equal("script/complexity", Assert.Single(Errors(string.Concat(Enumerable.Repeat("env ", 50)) + "curl x\n")).RuleId);
        Assert.Equal("script/complexity", Assert.Single(Errors(string.Concat(Enumerable.Repeat("xargs ", 50)) + "curl x\n")).RuleId);
    }

    /// <summary>Each of the searches in one another would be done for each directory of the one around it.</summary>
    [Fact]
    public void Searches_in_searches_count_as_work() =>
        Assert.Equal("script/complexity", Assert.Single(Errors(string.Concat(Enumerable.Repeat("find a b -exec ", 35)) + "x {} +\n")).RuleId);

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
    [InlineData("commands in one block", "{", " ./t;", 1_100_000)]
    public void What_nobody_writes_is_refused_with_the_place(string what, string start, string repeated, int times)
    {
        var finding = Assert.Single(Check($"true\n{start}{string.Concat(Enumerable.Repeat(repeated, times))}\n"));
        Assert.True(finding.RuleId == Complexity && finding.Line > 0, what);
    }

    [Fact]
    public void A_generated_script_of_one_command_per_line_is_accepted_in_one_block_too()
    {
        var lines = string.Concat(Enumerable.Range(0, 300_000).Select(i => $"./analyse data/frame_{i}.dat > frame_{i}.csv\n"));
        Assert.Empty(Check(lines));
        Assert.Empty(Check($"{{\n{lines}}}\n"));
        Assert.Empty(Check($"main() {{\n{lines[..(lines.IndexOf('\n', lines.Length / 2) + 1)]}}}\nmain\n"));
        Assert.Equal([Tool], Rules($"{{\n{lines}curl x\n}}\n"));
    }

    /// <summary>What makes long scripts fast must not lose anything in them, wherever it is. <c>{0}</c> is the line's number.</summary>
    [Theory]
    [InlineData("./analyse --input data/frame_{0}.dat --output results/frame_{0}.csv\n")]
    [InlineData("./analyse data/frame_1.dat\n")]
    [InlineData("name=\"frame_{0}\"; ./analyse --input \"data/$name.dat\" > 'results/{0}.csv' 2>&1 || echo \"failed: $name\"\n")]
    [InlineData("for f in a{0} b{0}; do n=$(basename \"$f\" .x); echo \"$n\" | ./t > \"$n.out\"; done\n")]
    [InlineData("cat a{0} | grep b | sort | uniq -c | sort -rn | head -n 3 | awk '{print $2}' | tr a b | cut -c1-3 | wc -l > c{0}\n")]
    [InlineData("sh -c './t \"$1\" | sort' _ {0}\n")]
    [InlineData("step{0}() { local n=$1; ./t \"$n\" > \"$n.log\"; }; step{0} a\n")]
    [InlineData("cat > conf_{0}.txt <<EOF\nkey = {0}\nEOF\n")]
    [InlineData("v{0}={0}; w=$v{0}\n")]
    [InlineData("case $x{0} in a|b) echo one{0} ;; *.txt) ./t \"$x\" ;; esac\n")]
    [InlineData("[[ -f x{0} && $y == *.txt ]] || [ \"$a\" -gt {0} ] && ./t\n")]
    [InlineData("a=(one{0} \"two three\" $x); b[3]=${a[1]}; echo \"${a[@]}\"\n")]
    [InlineData("rm -f tmp/part_{0}.txt; mkdir -p out/{0}; cp a{0} b/\n")]
    [InlineData("python3 -c 'print({0})'; awk '{print {0}}' x\n")]
    [InlineData("( cd work{0}; ./t ) & x=`date`; diff <(sort a{0}) b\n")]
    public void What_is_planted_in_a_long_script_is_found(string line)
    {
        const int Lines = 2500;
        var all = Enumerable.Range(0, Lines).Select(i => line.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)).ToList();
        var height = line.Count(c => c == '\n');
        Assert.Empty(Errors(string.Concat(all)));
        foreach (var planted in (string[])["curl x\n", "t=cu; $t\"rl\" x\n", "echo x | w\\get -i -\n", "eval 'wg''et x'\n"])
        {
            foreach (var at in (int[])[Lines / 2, Lines])
            {
                var found = Assert.Single(Errors(string.Concat(all.Take(at)) + planted + string.Concat(all.Skip(at))));
                Assert.Equal((Tool, (at * height) + 1), (found.RuleId, found.Line));
            }
        }
    }

    /// <summary>The same inside of what has one beginning and one end.</summary>
    [Theory]
    [InlineData("{\n", "./t a{0} > b{0}\n", "}\n")]
    [InlineData("f() {\n", "./t a{0} > b{0}\n", "}\nf\n")]
    [InlineData("x=$(", "./t a{0}\n", ")\n")]
    [InlineData("bash <<'EOF'\n", "./t a{0}\n", "EOF\n")]
    [InlineData("sh -c '", "./t a{0}\n", "'\n")]
    [InlineData("if true; then\n", "./t a{0}\n", "fi\n")]
    [InlineData("cat > s.sh <<'EOF'\n", "./t a{0}\n", "EOF\nsh s.sh\n")]
    [InlineData("while read -r x; do\n", "./t a{0}\n", "done < l\n")]
    public void What_is_planted_in_a_long_block_is_found(string before, string line, string after)
    {
        const int Lines = 10_000;
        var all = Enumerable.Range(0, Lines).Select(i => line.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)).ToList();
        Assert.Empty(Errors(before + string.Concat(all) + after));
        Assert.All((int[])[Lines / 2, Lines], at =>
            Assert.Equal([Tool], Rules(before + string.Concat(all.Take(at)) + "curl x\n" + string.Concat(all.Skip(at)) + after)));
    }

    [Fact]
    public void What_stands_at_the_end_of_twenty_mebibytes_is_found()
    {
        const string End = "cu\\rl x\n";
        var lines = new StringBuilder();
        for (var i = 0; lines.Length < ScriptValidator.MaxScriptBytes - 200; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"./analyse --input data/frame_{i}.dat --output results/frame_{i}.csv\n");
        }

        Assert.Empty(Check(lines.ToString()));
        Assert.Equal([Tool], Rules(lines + End));
    }

    /// <summary>A line each of what makes the most work of the fewest characters; <c>{0}</c> is its number.</summary>
    [Theory]
    [InlineData("", "f{0}() { for i in a b c; do x=$(t $i); done; }; f{0}\n")]
    [InlineData("", "sh -c 'a $(b{0}); c $(d{0})'\n")]
    [InlineData("", "python3 -c 'print({0})'\n")]
    [InlineData("alias a0='a1 x' a1='a2 x' a2='a3 x' a3='a4 x' a4='a5 x' a5='a6 x' a6='a7 x' a7='a8 x' a8='a9 x' a9='t x'\nshopt -s expand_aliases\n", "a0 {0}\n")]
    [InlineData("a=({1..4000})\n", "t{0} \"${a[@]}\"\n")]
    [InlineData("x=$(printf %4000s a)\nx=LONG\n", "t{0} \"$x$x\"\n")]
    [InlineData("cat > f <<'E'\nLONGLONGLONG\nE\n", "cat f > g{0}\n")]
    public void What_makes_too_much_work_is_refused_with_the_place_and_what_to_do(string before, string line)
    {
        before = before.Replace("LONG", new string('x', 4000), StringComparison.Ordinal);
        string Of(int lines) => before + string.Concat(Enumerable.Range(0, lines).Select(i => line.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        var finding = Assert.Single(Check(Of(250_000)));
        Assert.Equal(Complexity, finding.RuleId);
        Assert.True(finding.Line > 1);
        Assert.Contains("one item per line, and go over it in a loop", finding.Message, StringComparison.Ordinal);
        Assert.Empty(Check(Of(300)));
    }

    /// <summary>Generated scripts as long as one may be, or a third of that, of the kinds people generate.</summary>
    [Theory]
    [InlineData("rm -f tmp/part_{0}.txt\n", 20)]
    [InlineData("rm -f \"tmp/part {0}.txt\"\n", 20)]
    [InlineData("echo \"{0}\"\n", 20)]
    [InlineData("echo 'step {0} (of many) is done'; ./t \"a {0}\" 'b;c'\n", 20)]
    [InlineData("name=\"frame_{0}\"; ./analyse --input \"data/$name.dat\" > 'results/{0}.csv' 2>&1 || echo \"failed: $name\"\n", 20)]
    [InlineData("cat a{0} | grep b | sort | uniq -c | sort -rn | head -n 3 | awk '{print $2}' | tr a b | cut -c1-3 | wc -l > c{0}\n", 7)]
    [InlineData("if [ ! -f out{0}.txt ]; then ./t {0} > out{0}.txt; fi\n", 8)]
    public void A_script_of_many_mebibytes_that_people_generate_is_not_too_much(string line, int mebibytes)
    {
        var script = new StringBuilder();
        for (var i = 0; script.Length < (mebibytes << 20) - 200; i++)
        {
            script.Append(line.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        Assert.Empty(Check(script.ToString()));
    }

    /// <summary>Lines with quotes in which nothing expands are passed over without being taken apart, unless something in them matters.</summary>
    [Theory]
    [InlineData("./t \"a b\"; \"x/curl\" y", Tool)]
    [InlineData("\"x y/curl\" z", Tool)]
    [InlineData("c\"ur\"l x 'y'", Tool)]
    [InlineData("a=\"b\" curl x", Tool)]
    [InlineData("a=\"\"curl; $a 'x'", Tool)]
    [InlineData("a='cu'\"rl\"; $a 'x'", Tool)]
    [InlineData("echo 'curl x' | sh", Tool)]
    [InlineData("echo \"curl x\" > s; sh s", Tool)]
    [InlineData("./t 'a'; curl \"x\"", Tool)]
    [InlineData("./t \"a\nb\"; curl x", Tool)]
    [InlineData("rm -rf \"/etc\"", "destructive/delete")]
    [InlineData("rm -rf ''/etc", "destructive/delete")]
    [InlineData("rm -rf a'/'..\"/\".. 'b'", "destructive/delete")]
    [InlineData("cat \"/etc/\"'shadow'", "secrets/file")]
    public void Quotes_hide_nothing_in_what_is_passed_over(string command, string rule)
    {
        var around = string.Concat(Enumerable.Repeat("echo \"step 1\"; ./t 'a b' \"c\"\n", 2000));
        var found = Assert.Single(Errors($"{around}{command}\n{around}"));
        Assert.Equal((rule, 2001 + command.Count(c => c == '\n')), (found.RuleId, found.Line));
    }

    /// <summary>A word that was read before is not read again; where it runs something, it is, since that stands on another line.</summary>
    [Fact]
    public void What_a_word_runs_is_found_on_each_of_its_lines() =>
        Assert.Equal([1, 3, 4], Errors("./t \"$(curl x)\" \"$y\"\n./t \"$y\"\n./t \"$(curl x)\" \"$y\"\n./t `curl x` \"$y\"\n").Select(f => f.Line));

    [Theory]
    [InlineData("c=\" \"\nfor l in w g e t; do c=\"$c$l\"; done\n$c 'x'\n")]
    [InlineData("c='rm -rf / '\n./t \"$c\"\n")]
    public void An_assigned_blank_stays_one(string script) => Assert.Empty(Errors(script));

    [Fact]
    public void Strings_side_by_side_are_one_however_many_they_are()
    {
        var pieces = string.Concat(Enumerable.Repeat("'a' ", 300_000));
        Assert.Empty(Rules($"python3 - <<'EOF'\nx = {pieces}\nEOF\n"));
        Assert.Equal([Tool], Rules($"python3 - <<'EOF'\nimport os\nx = {pieces}\nos.system('c' 'u' + 'r' 'l' ' x')\nEOF\n"));
    }

    /// <summary>Code that was looked at once is not looked at again, unless it means something else where it stands.</summary>
    [Fact]
    public void Code_that_feeds_a_shell_is_looked_at_again()
    {
        const string Code = "awk '{print \"curl \" $1}' f";
        Assert.Empty(Rules($"{Code}\n{Code}\n"));
        Assert.Equal([Tool], Rules($"{Code}\n{Code}\n{Code} | sh\n"));
    }

    /// <summary>There are so many that they are read again for each call.</summary>
    [Fact]
    public void A_function_is_known_however_many_were_defined_before() =>
        Assert.Equal([Tool], Rules(string.Concat(Enumerable.Range(0, 5000).Select(i => $"f{i}() {{ ./t {i}; }}\n")) + "g() {\n  local t=$1\n  $t x\n}\ng curl\n"));

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
        Assert.All(CorpusScript.Dangerous.Where(s => s.IsRefused && !s.Text.Contains("$0", StringComparison.Ordinal)), s => Assert.NotEmpty(Errors(prelude + s.Text)));
    }

    private static string Lines(string line, int times) => new StringBuilder().Insert(0, line + "\n", times).ToString();

    private static IReadOnlyList<Finding> Check(string script) => ScriptValidator.Validate(Encoding.UTF8.GetBytes(script), RuleSet.Default);

    private static IEnumerable<Finding> Errors(string script) => Check(script).Where(f => f.Severity == Severity.Error);

    private static IEnumerable<string> Rules(string script) => Errors(script).Select(f => f.RuleId).Distinct();
}
