using System.IO.Compression;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Examples;

/// <summary>The example clients, run as their first lines say.</summary>
public sealed class ExampleClientTests
{
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("bash", "client.sh")]
    [InlineData("python3", "client.py")]
    [InlineData("dotnet", "run", "client.cs")]
    public async Task A_client_submits_follows_and_downloads(string program, params string[] arguments)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(4));
        Assert.SkipUnless(IsInstalled(program), $"{program} is not installed");
        await using var system = await TestSystem.StartAsync();
        var work = Directory.CreateDirectory(Path.Combine(system.Directory, "work", "data")).Parent!.FullName;
        await File.WriteAllTextAsync(Path.Combine(work, "run.sh"), "echo 'hello from the job'; cat data/in.txt > out.txt", patience.Token);
        await File.WriteAllTextAsync(Path.Combine(work, "data", "in.txt"), "input\n", patience.Token);
        var result = Path.Combine(system.Directory, "result.zip");
        string[] script = [.. arguments[..^1], Repository.PathOf("examples", "clients", arguments[^1])];
        var address = system.Server.Address.ToString().TrimEnd('/');
        await using var run = ProgramRun.Start(program, [.. script, .. program == "dotnet" ? (string[])["--"] : [], address, "example", "1", work, result]);
        Assert.True(await run.ExitAsync(patience.Token) == 0, run.Output);
        Assert.Contains("hello from the job", run.Output, StringComparison.Ordinal);
        Assert.Contains("completed", run.Output, StringComparison.Ordinal);
        using var zip = ZipFile.OpenRead(result);
        using var reader = new StreamReader(zip.GetEntry("out.txt")!.Open());
        Assert.Equal("input\n", await reader.ReadToEndAsync(patience.Token));
    }

    private static bool IsInstalled(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Any(directory => File.Exists(Path.Combine(directory, program)));
}
