using System.Text.RegularExpressions;
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

    [Theory]
    [InlineData("gmx")]
    [InlineData("vina")]
    public void An_ordinary_program_is(string name) => Assert.True(HandledCommands.IsUnknown(name));

    [GeneratedRegex("\"([A-Za-z0-9_.:+\\[-]+)\"")]
    private static partial Regex NamePattern();
}
