using System.Text.RegularExpressions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Documentation;

/// <summary>The commands of <c>docs/operations.md</c>, those in blocks and those in a line of text, in the order of the page.</summary>
internal static partial class OperationsPage
{
    private static readonly string Text = Repository.Read("docs", "operations.md");

    public static IReadOnlyList<string> Commands { get; } = [.. CodePattern().Matches(Text).SelectMany(CommandsOf)];

    /// <summary>Content of the blocks in a language.</summary>
    public static string[] Blocks(string language) =>
        [.. CodePattern().Matches(Text).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["block"].Value)];

    private static IEnumerable<string> CommandsOf(Match code) => code.Groups["language"].Value switch
    {
        "bash" => code.Groups["block"].Value.Split('\n').Select(line => CommentPattern().Replace(line, string.Empty)).Where(line => line.Length > 0),
        "cron" => [CronTimePattern().Replace(code.Groups["block"].Value.Trim(), string.Empty)],
        _ => ProgramPattern().IsMatch(code.Groups["span"].Value) ? [code.Groups["span"].Value] : [],
    };

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<block>.*?)^```$|`(?<span>[^`\n]+)`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"\s*#\s.*$")]
    private static partial Regex CommentPattern();

    [GeneratedRegex(@"^(\S+ ){5}")]
    private static partial Regex CronTimePattern();

    /// <summary>What makes code within a line a command: a program, or a command of the server's, and something after it.</summary>
    [GeneratedRegex(@"^(aspire|bash|cd|curl|docker|dotnet|JobOrchestrator\.Server|journalctl|keys|kubectl|openssl|sh|systemctl) \S")]
    private static partial Regex ProgramPattern();
}
