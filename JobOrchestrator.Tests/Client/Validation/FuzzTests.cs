using System.Runtime.InteropServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Client.Validation.Code;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary>
/// Whatever the bytes are, the validator answers, soon, and says the same the next time. <c>VALIDATOR_FUZZ_SECONDS</c> in the environment makes
/// the mutation run longer; what it finds becomes a case of <see cref="Found"/>.
/// </summary>
public sealed partial class FuzzTests
{
    private const double SecondsPerScript = 2;

    /// <summary>Scripts that are looked at when nobody asks for more.</summary>
    private const int Mutations = 3000;

    private static readonly string[] Pieces =
    [
        "$(", ")", "`", "\"", "'", "\\", "<<EOF\n", "\nEOF\n", "<<<", "<(", ">(", "${", "}", "$((", "))", "{", "{a,b}", "{1..9}", "((", "[[", "]]", "case x in ", "a) ", ";;", "esac",
        "if ", "then ", "fi", "for x in ", "do ", "done", "while ", "function f ", "f()", "|", "||", "&", "&&", ";", "\n", "#", "~", "*", "?", "[a-z]", "$'\\x41'", "$x", "x=", "x+=(",
        "eval ", "sh -c ", "xargs ", "python3 -c ", "curl ", "rm -rf ", "/", "..", "echo ", "-", "base64 -d", "${x//a/b}", "${x:1:2}", "${!x}", "alias a=", "\uFDD0", "\u00E9", "trap ", "awk ", "2>&1", ">",
        "source ", "printf '%s' ", "cd ", "read x", "local y=", "exec ", "time ", "! ", "coproc ", "select ", "in ", "@(a|b)", "<<-X\n", "\tX\n", "\\\n",
    ];

    /// <summary>What once crashed, hung, or was only suspected of it.</summary>
    public static TheoryData<string> Found =>
    [
        "", "\\", "$", "${", "${x", "${x:", "$((", "$(", "`", "'", "\"", "<<", "<<EOF", "<<-", "{", "}", "(", ")", "((", "))", "[[", "]]", "case", "case x in", "case x in (", "for", "for ((", "function",
        "f()", "f(){", "a[", "a[1]=", "a=(", "a=([", "a=([1]=", "${!", "${#", "${x/", "${x//", "$'", "$'\\", "\\x", "printf '\\x'; printf '%*d' 1", "{a,", "{1..", "{1..1000000000}", "{a..z..0}",
        "eval \"$0\"", ". $0", "x=$x$x; x=$x$x", "alias a=a; a", "alias a=b b=a; a", "f() { f; }; f", "f() { g; }; g() { f; }; f", "trap 'trap' EXIT", "eval eval eval", "xargs xargs xargs", "env -S 'env -S x'",
        "find . -exec find . -exec rm {} + ;", "sh -c 'sh -c \"sh -c x\"'", "while read l; do $l; done <<< 'while read l'", "${x:99999999999999}", "${x: -1}", "$((1/0))", "$((9223372036854775807+1))", "$((-9223372036854775808/-1))",
        "$((1%0))", "echo {a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}{o,p}{q,r}", "set --; shift 5; $1", "sed 's", "sed s/a", "tr a", "cut -c 0", "cut -f -", "printf", "printf -v", "base64 -d <<< '!'", "xxd -r -p <<< abc",
        "awk", "awk '", "python3 -c", "python3 -c '\"", "kill", "kill -", "dd of=", "chmod", "find", "mv", "cp", "ln -s", "tar -I", "trap", "alias =", "export =", "read -a", "x[", "((a[b]=c))", "\u0001", "\uFDD0", "\uFDD9,\uFDDA",
        "x 1" + string.Concat(Enumerable.Repeat("{", 5000)) + "{1,2}", string.Concat(Enumerable.Repeat("{a,", 300)), string.Concat(Enumerable.Repeat("{a,b}", 300)),
        string.Concat(Enumerable.Repeat("xargs ", 50_000)), string.Concat(Enumerable.Repeat("find a b -exec ", 30)) + "x {} +", string.Concat(Enumerable.Repeat("env -S x ", 2000)),
        string.Concat(Enumerable.Repeat("${x//a/b}", 12_000)), "rm -rf \"" + string.Concat(Enumerable.Repeat("$x", 12_000)) + "/\"",
    ];

    [Theory]
    [MemberData(nameof(Found))]
    public void What_was_found_once_stays_mended(string script) => Judge(script);

    [Fact]
    public void Every_prefix_of_every_corpus_script_gets_an_answer()
    {
        foreach (var script in CorpusScript.Dangerous.Concat(CorpusScript.Honest).Where((_, i) => i % 5 == 0))
        {
            for (var length = 0; length < script.Text.Length; length += 3)
            {
                CorpusScript.Check(script.Text[..length]);
            }
        }
    }

    [Property(MaxTest = 3000)]
    public Property Any_bytes_get_an_answer() =>
        Prop.ForAll(Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf().ToArbitrary(), bytes =>
        {
            ScriptValidator.Validate(bytes, RuleSet.Default);
            new ShellInterpreter(new FindingList(RuleSet.Default)).RunScript(Encoding.Latin1.GetString(bytes));
        });

    [Property(MaxTest = 4000)]
    public Property Any_pieces_of_shell_get_the_same_answer_twice() =>
        Prop.ForAll(Gen.Elements(Pieces).ArrayOf().Select(string.Concat).ToArbitrary(), script =>
            CorpusScript.Check(script).SequenceEqual(CorpusScript.Check(script)));

    [Property(MaxTest = 1000)]
    public Property A_word_quoted_in_any_way_is_the_same_word() =>
        Prop.ForAll(Gen.Choose(0, 3).ArrayOf(4).ToArbitrary(), ways =>
        {
            var word = string.Concat("curl".Zip(ways, (c, way) => way switch { 0 => $"{c}", 1 => $"\\{c}", 2 => $"'{c}'", _ => $"\"{c}\"" }));
            return CorpusScript.Check(word + " http://198.51.100.7/").Any(f => f.RuleId == "network/tool");
        });

    [Property(MaxTest = 500)]
    public Property Inline_code_of_any_kind_gets_an_answer() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), code => CodeReader.Read(code ?? "", Interpreters.Python, 1).Count >= 0);

    /// <summary>Each argument may be asked about the others, but not by looking at all of them.</summary>
    [Theory]
    [InlineData("rm chmod chown chgrp chattr setfacl tee cp mv ln install unset touch mkdir")]
    [InlineData("tar zip sed find grep kill xargs env sudo timeout busybox rsync git pip python3 perl awk curl echo sort")]
    public void Many_arguments_take_a_time_in_proportion(string names)
    {
        const int Arguments = 30_000;
        foreach (var name in names.Split(' '))
        {
            foreach (var argument in (string[])["a{0} ", "-e a{0} ", "-C a{0} "])
            {
                var script = $"{name} {string.Concat(Enumerable.Range(0, Arguments).Select(i => argument.Replace("{0}", $"{i}", StringComparison.Ordinal)))}\n";
                var started = ThreadSeconds();
                CorpusScript.Check(script);
                Assert.True(ThreadSeconds() - started < SecondsPerScript, $"{name} {argument}");
            }
        }
    }

    /// <summary>Scripts of the corpus, cut, glued, repeated and sprinkled with what is special in shell.</summary>
    [Fact]
    public void Mutations_of_the_corpus_get_an_answer_in_time()
    {
        var seconds = int.TryParse(Environment.GetEnvironmentVariable("VALIDATOR_FUZZ_SECONDS"), out var asked) ? asked : 0;
        var seed = seconds > 0 ? Environment.TickCount : 4711;
        var random = new Random(seed);
        var corpus = CorpusScript.Dangerous.Concat(CorpusScript.Honest).Select(s => s.Text).ToArray();
        var started = TimeProvider.System.GetTimestamp();
        var runs = 0;
        while (runs < Mutations || TimeProvider.System.GetElapsedTime(started).TotalSeconds < seconds)
        {
            Judge(Mutate(corpus, random));
            runs++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{runs} scripts with seed {seed}");
    }

    private static string Mutate(string[] corpus, Random random)
    {
        var script = new StringBuilder(corpus[random.Next(corpus.Length)]);
        for (var i = random.Next(1, 12); i > 0 && script.Length > 0; i--)
        {
            var at = random.Next(script.Length);
            switch (random.Next(7))
            {
                case 0:
                    script.Remove(at, Math.Min(random.Next(1, 40), script.Length - at));
                    break;
                case 1:
                    var other = corpus[random.Next(corpus.Length)];
                    var from = random.Next(other.Length);
                    script.Insert(at, other.AsSpan(from, Math.Min(random.Next(1, 200), other.Length - from)));
                    break;
                case 2:
                    var length = Math.Min(random.Next(1, 60), script.Length - at);
                    script.Insert(at, script.ToString(at, length));
                    break;
                case 3:
                    script.Insert(at, string.Concat(Enumerable.Repeat(Pieces[random.Next(Pieces.Length)], 1 << random.Next(12))));
                    break;
                case 4:
                    script[at] = (char)random.Next(1, 0x300);
                    break;
                default:
                    script.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }

        return script.ToString();
    }

    private static void Judge(string script)
    {
        var started = ThreadSeconds();
        try
        {
            var findings = new FindingList(RuleSet.Default);
            new ShellInterpreter(findings).RunScript(script);
            Assert.All(findings.Findings, f => Assert.NotEmpty(f.ToString()));
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{e}\n--- the script:\n{script}");
        }

        // The thread's own time, which does not pass while a busy machine lets it wait; a script of the corpus takes well under a millisecond.
        Assert.True(ThreadSeconds() - started < SecondsPerScript + (script.Length / 20_000.0), "--- too slow:\n" + script);
    }

    /// <summary>Processor time of this thread.</summary>
    private static double ThreadSeconds()
    {
        const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID
        Span<long> time = stackalloc long[2];
        Assert.Equal(0, GetTime(ThreadClock, ref time[0]));
        return time[0] + (time[1] / 1e9);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, ref long time);
}
