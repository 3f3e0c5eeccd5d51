using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Examples;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Documentation;

/// <summary>What the README tells a newcomer to type, typed.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public async Task The_first_job_gives_the_answer_the_readme_shows()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        using var directory = new TemporaryDirectory();
        var work = Directory.CreateDirectory(Path.Combine(directory.Path, "work")).FullName;
        File.CreateSymbolicLink(Path.Combine(work, "examples"), Repository.PathOf("examples"));
        var blocks = BlockPattern().Matches(Repository.Read("README.md")).Select(m => (Language: m.Groups[1].Value, Text: m.Groups[2].Value)).ToList();
        var port = FreePort.Choose();
        Assert.Equal("dotnet run --project JobOrchestrator.AppHost\n", blocks[0].Text);
        await using var host = ProgramRun.Start(
            Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.AppHost"),
            ["--no-dashboard", "--port", $"{port}", "--data", Path.Combine(directory.Path, "data")]);
        await host.LineAsync("processes are healthy", patience.Token);

        var upload = blocks.Single(b => b.Text.Contains("/upload", StringComparison.Ordinal));
        var answer = blocks[blocks.IndexOf(upload) + 1];
        Assert.Equal(answer.Text.TrimEnd(), (await BashAsync(upload.Text, port, work, patience.Token)).Split('\n')[^1].TrimEnd());

        using var http = new HttpClient();
        await EndedAsync(http, $"http://localhost:{port}/download/1", patience.Token);
        await BashAsync(blocks.Single(b => b.Text.Contains("/download/", StringComparison.Ordinal)).Text, port, work, patience.Token);
        using var zip = ZipFile.OpenRead(Path.Combine(work, "docking.zip"));
        Assert.Contains(zip.Entries, e => e.FullName == "stdout.log");
        using var reader = new StreamReader(zip.GetEntry("contacts.csv")!.Open());
        var csv = await reader.ReadToEndAsync(patience.Token);
        Assert.StartsWith(blocks.Single(b => b.Language == "csv").Text, csv, StringComparison.Ordinal);

        var rows = csv.TrimEnd().Split('\n').Skip(1).Order(StringComparer.Ordinal);
        var expected = Contacts.Between(Repository.PathOf("examples", "docking", "2oob_A.pdb"), Repository.PathOf("examples", "docking", "2oob_B.pdb"));
        Assert.Equal(28, expected.Count);
        Assert.Equal(expected, rows);

        Processes.Signal(host.Id, Processes.SigInt);
        Assert.Equal(0, await host.ExitAsync(patience.Token));
    }

    /// <summary>Every page the README and the pages below docs/ link to exists.</summary>
    [Fact]
    public void Links_to_files_lead_somewhere()
    {
        var pages = Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories).Append(Repository.PathOf("README.md"));
        var broken = from page in pages
                     from Match link in LinkPattern().Matches(File.ReadAllText(page))
                     let target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)
                     where !Path.Exists(target)
                     select $"{Path.GetRelativePath(Repository.Root, page)}: {link.Groups[1].Value}";
        Assert.Empty(broken);
    }

    private static async Task<string> BashAsync(string commands, int port, string work, CancellationToken cancellation)
    {
        var script = $"cd '{work}'\n" + commands.Replace("localhost:5000", $"localhost:{port}", StringComparison.Ordinal)
            .Replace("curl ", "curl --silent --show-error --fail ", StringComparison.Ordinal);
        await using var run = ProgramRun.Start("bash", ["-e", "-c", script]);
        Assert.True(await run.ExitAsync(cancellation) == 0, run.Output);
        return run.Output.TrimEnd();
    }

    private static async Task EndedAsync(HttpClient http, string address, CancellationToken cancellation)
    {
        while (true)
        {
            using var answer = await http.GetAsync(address, cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            if (answer.Content.Headers.ContentType?.MediaType == "application/zip")
            {
                return;
            }

            Assert.Matches("Queued|Processing|Submitted|Running", await answer.Content.ReadAsStringAsync(cancellation));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
        }
    }

    [GeneratedRegex("^```(\\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex LinkPattern();
}
