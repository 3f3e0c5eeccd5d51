using System.Text;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary>What the validator says of whole scripts; numbers in names are those of the list of classic defects.</summary>
public sealed class ScriptValidatorTests
{
    [Fact]
    public void A_finding_names_file_line_rule_reason_and_what_to_do()
    {
        var finding = Assert.Single(Check("#!/bin/bash\nset -e\n\ncurl -O https://example.org/data\n"));
        Assert.Equal((Severity.Error, 4), (finding.Severity, finding.Line));
        Assert.Equal("run.sh:4: network tool 'curl' (network/tool): a job has no network; upload what it needs together with run.sh", finding.ToString());
    }

    [Theory]
    [InlineData("echo platform linux/amd64")]
    [InlineData("chmod 640 result.txt")]
    [InlineData("chmod 755 tool\nchmod +x tool\n./tool")]
    [InlineData("echo no trap here")]
    [InlineData("trap 'echo \"$?\" > .orchestrator.exit' EXIT\necho done")]
    [InlineData("rm output/part.txt")]
    [InlineData("grep docker log.txt")]
    [InlineData("echo $TOKENIZER")]
    [InlineData("# curl is not used here\ntrue")]
    public void Defect_18_what_the_classic_program_refused_without_a_word_is_accepted(string script) => Assert.Empty(Check(script));

    [Fact]
    public void Defect_18_bytes_that_are_not_utf8_are_named_with_their_line()
    {
        var finding = Assert.Single(ScriptValidator.Validate([.. "echo one\necho caf"u8, 0xE9, .. "\n"u8], RuleSet.Default));
        Assert.Equal("run.sh:2: not valid UTF-8; convert it, for example with: iconv -f latin1 -t utf8 (script/encoding)", finding.ToString());
    }

    [Fact]
    public void Defect_18_a_missing_script_is_said_plainly()
    {
        using var directory = new TemporaryDirectory();
        var finding = Assert.Single(ScriptValidator.Validate(directory.Path, RuleSet.Default));
        Assert.Equal("run.sh: there is no run.sh among the uploaded files; a job is started by the script of that name (script/missing)", finding.ToString());
    }

    [Fact]
    public void A_variable_that_nobody_sets_is_named()
    {
        var finding = Assert.Single(Check("cd work\nrm -rf \"${BUILD_ROOT}/\"*\n"));
        Assert.Equal(
            "run.sh:2: 'rm' on '/*', since 'BUILD_ROOT' is never set in this script (destructive/delete): a job may only remove what it made; name files by paths relative to its own directory, or use $TMPDIR",
            finding.ToString());
    }

    /// <summary>A function that is surely defined is what its name means; one that may not be is not.</summary>
    [Theory]
    [InlineData("curl() { echo mock; }\ncurl x", true)]
    [InlineData("function ping { :; }\nping h", true)]
    [InlineData("curl() { command curl x; }\ncurl x", false)]
    [InlineData("if false; then curl() { :; }; fi\ncurl x", false)]
    [InlineData("false && curl() { :; }\ncurl x", false)]
    [InlineData("never() { curl() { :; }; }\ncurl x", false)]
    [InlineData("( curl() { :; } )\ncurl x", false)]
    [InlineData("curl() { :; } | cat\ncurl x", false)]
    [InlineData("x=$(curl() { :; })\ncurl x", false)]
    [InlineData("curl() { :; }\nunset -f curl\ncurl x", false)]
    [InlineData("curl() { :; }\nsh -c 'curl x'", false)]
    [InlineData("curl() { :; }\nenv curl x", false)]
    public void A_function_takes_the_place_of_a_tool_only_when_it_is_defined(string script, bool isAccepted) => Assert.Equal(isAccepted, Check(script + "\n").Count == 0);

    [Fact]
    public void Windows_line_endings_get_a_hint()
    {
        var finding = Assert.Single(Check("#!/bin/bash\r\necho hello\r\n"));
        Assert.Equal(("script/line-endings", 1), (finding.RuleId, finding.Line));
        Assert.Contains("sed -i 's/\\r$//' run.sh", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Twenty_mebibytes_are_accepted_and_one_byte_more_is_not()
    {
        var script = new byte[ScriptValidator.MaxScriptBytes + 1];
        Array.Fill(script, (byte)'#');
        Assert.Equal("script/size", Assert.Single(ScriptValidator.Validate(script, RuleSet.Default)).RuleId);
        Assert.Empty(ScriptValidator.Validate(script.AsSpan(1), RuleSet.Default));
    }

    [Fact]
    public void A_nul_byte_is_no_text() => Assert.Equal("script/encoding", Assert.Single(ScriptValidator.Validate("echo a\0b"u8, RuleSet.Default)).RuleId);

    [Fact]
    public void What_cannot_be_followed_to_its_end_is_refused()
    {
        Assert.Contains(Check(string.Concat(Enumerable.Repeat("$(", 10_000))), f => f.RuleId == "script/complexity");
        Assert.Contains(Check(string.Concat(Enumerable.Repeat("{ ", 10_000))), f => f.RuleId == "script/complexity");
        Assert.Contains(Check(string.Concat(Enumerable.Repeat("eval ", 10_000)) + "x"), f => f.RuleId == "script/complexity");
    }

    [Fact]
    public void A_rule_can_be_switched_off_or_made_a_warning_for_one_service_or_for_all()
    {
        var tuning = Tuning(("VALIDATION_RULES", "network/tool=warn"), ("VALIDATION_MIRROR_RULES", "network/tool=off; destructive/delete=warn"));
        Assert.Equal(Severity.Warning, Assert.Single(Check("curl x", tuning.For("other"))).Severity);
        Assert.Empty(Check("curl x", tuning.For("mirror")));
        Assert.Equal(Severity.Warning, Assert.Single(Check("rm -rf /", tuning.For("MIRROR"))).Severity);
        Assert.Equal(Severity.Error, Assert.Single(Check("rm -rf /", tuning.For("other"))).Severity);
    }

    [Fact]
    public void A_command_can_be_allowed_or_forbidden_by_name_and_command_lines_by_pattern()
    {
        var rules = Tuning(("VALIDATION_RULES", @"command:curl=off; command:gmx=error; pattern:mdrun.*-gpu_id\s+[4-9]=warn")).For("");
        Assert.Empty(Check("curl x", rules));
        Assert.Equal("network/tool", Assert.Single(Check("wget x", rules)).RuleId);
        Assert.Equal(("custom/command", Severity.Error), Of(Check("timeout 5 /opt/bin/gmx help", rules)));
        Assert.Equal(("custom/pattern", Severity.Warning), Of(Check("a=mdrun; b=\"$a -gpu_id\"; mdrun_mpi $b 7", rules)));
        Assert.Empty(Check("echo mdrun -gpu_id 3", rules));
    }

    [Fact]
    public void Wrong_tuning_is_told_entry_by_entry()
    {
        var errors = new List<string>();
        ValidationTuning.Load(Configuration(("VALIDATION_RULES", "network/tol=off; network/tool; pattern:(=warn; command:x=maybe")), errors);
        Assert.Equal(4, errors.Count);
        Assert.Contains("VALIDATION_RULES: there is no rule 'network/tol'; the rules are listed in docs/validator.md.", errors);
        Assert.Contains("VALIDATION_RULES: 'network/tool' must end with =off, =warn or =error.", errors);
    }

    private static (string, Severity) Of(IReadOnlyList<Finding> findings) => (Assert.Single(findings).RuleId, findings[0].Severity);

    private static IReadOnlyList<Finding> Check(string script, RuleSet? rules = null) =>
        ScriptValidator.Validate(Encoding.UTF8.GetBytes(script), rules ?? RuleSet.Default);

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();

    private static ValidationTuning Tuning(params (string Key, string Value)[] settings)
    {
        var errors = new List<string>();
        var tuning = ValidationTuning.Load(Configuration(settings), errors);
        Assert.Empty(errors);
        return tuning;
    }
}
