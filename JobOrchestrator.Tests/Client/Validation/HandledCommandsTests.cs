using System.Text;
using System.Text.RegularExpressions;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Client.Validation.Commands;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary>The shortcut for commands nobody knows must not take one that somebody does.</summary>
public sealed partial class HandledCommandsTests
{
    [Theory]
    [InlineData("Commands", "CommandRules.ByName.cs")]
    [InlineData("Commands", "CommandRules.System.cs")]
    [InlineData("Shell", "ShellInterpreter.Builtins.cs")]
    [InlineData("Shell", "ShellInterpreter.Programs.cs")]
    [InlineData("Shell", "KnownText.cs")]
    [InlineData("Shell", "Decoders.cs")]
    public void Every_name_that_is_handled_somewhere_is_listed(string folder, string file)
    {
        var names = Repository.Read("JobOrchestrator.Client", "Validation", folder, file).Split('\n')
            .Where(l => l.TrimStart().StartsWith("case \"", StringComparison.Ordinal) && !l.Contains("http.server", StringComparison.Ordinal))
            .SelectMany(l => NamePattern().Matches(l.Split(" when ")[0]).Select(m => m.Groups[1].Value))
            .ToList();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.False(HandledCommands.IsUnknown(name), name));
    }

    [Theory]
    [InlineData("curl")]
    [InlineData("mkfs.ext4")]
    [InlineData("python3.12")]
    [InlineData("ld-linux-x86-64.so.2")]
    [InlineData("timeout")]
    [InlineData("if")]
    [InlineData("bash")]
    public void What_matters_is_not_unknown(string name) => Assert.False(HandledCommands.IsUnknown(name));

    /// <summary>Of what is skipped nothing is to be said: the same without the short cut.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("a b.txt")]
    [InlineData("-rf .")]
    [InlineData("-rf a/.. b")]
    [InlineData("-f .bash_history sub/.history")]
    [InlineData("-rf -- /usr x")]
    [InlineData("-f id_rsa a/id_rsa authorized_keys")]
    [InlineData("-n 3 data.csv")]
    [InlineData("-k2,2n -t, x")]
    [InlineData("-c 9T x")]
    [InlineData("-o /etc/passwd x")]
    [InlineData("-v x curl")]
    [InlineData("--compress-program=curl x")]
    [InlineData("-r password x")]
    [InlineData("secret.txt ../x ~/.ssh/id_rsa")]
    [InlineData("a.$x \"$y\" *.txt")]
    [InlineData("curl x")]
    public void Quiet_commands_are_judged_as_if_they_were_not(string arguments)
    {
        List<string> errors = [];
        var tuned = RuleSet.Default.With("command:no-such-command=error", "test", errors);
        Assert.All([.. HandledCommands.QuietNames, .. HandledCommands.TidyingNames], name =>
        {
            foreach (var form in (string[])["{0}", "./p | {0} | ./q", "x=$({0}); $x y", "{0} > f; sh f", "{0} | sh", "env | {0}", "{0} < /dev/zero > big", "cd ..; {0}", "{0} <<< 'curl x' | sh",
                "cd ..\n{0}", "cd $x\n{0}", "cd /etc\n{0}", "cp /usr/bin/curl NAME\n{0}", "NAME() { curl x; }\n{0}", "alias NAME=curl\n{0}", "cp /usr/bin/curl x\n{0}; ./x y"])
            {
                var script = Encoding.UTF8.GetBytes(form.Replace("NAME", name, StringComparison.Ordinal).Replace("{0}", $"{name} {arguments}", StringComparison.Ordinal) + "\n");
                Assert.Equal(ScriptValidator.Validate(script, tuned), ScriptValidator.Validate(script, RuleSet.Default));
            }
        });
    }

    [Theory]
    [InlineData("gmx")]
    [InlineData("vina")]
    public void An_ordinary_program_is(string name) => Assert.True(HandledCommands.IsUnknown(name));

    [GeneratedRegex("\"([A-Za-z0-9_.:+\\[-]+)\"")]
    private static partial Regex NamePattern();
}
