using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>Publishing as the operator does it: the real host, from the shell.</summary>
public sealed class PublishTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.AppHost");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_the_repository_keeps_is_what_publishing_writes()
    {
        var (compose, kubernetes) = (Path.Combine(_directory.Path, "compose"), Path.Combine(_directory.Path, "kubernetes"));
        Assert.Equal(0, (await PublishAsync(compose, "--kubernetes-path", kubernetes, "--clients", "3")).Code);
        AssertSame(compose, "compose");
        AssertSame(kubernetes, "kubernetes");
    }

    [Fact]
    public async Task The_number_of_clients_is_the_number_of_replicas()
    {
        Assert.Equal(0, (await PublishAsync(_directory.Path, "--clients", "7")).Code);
        Assert.Contains("\n      replicas: 7\n", await ReadAsync("docker-compose.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relative_path_counts_from_where_the_command_was_given()
    {
        var command = $"cd '{_directory.Path}' && exec '{Program}' --operation publish --step publish --output-path below/here";
        await using var run = ProgramRun.Start("bash", ["-c", command]);
        Assert.Equal(0, await run.ExitAsync(TestContext.Current.CancellationToken));
        Assert.True(File.Exists(Path.Combine(_directory.Path, "below", "here", "docker-compose.yaml")));
    }

    [Fact]
    public async Task Publishing_again_keeps_what_the_operator_wrote_into_the_env_file_and_drops_stale_files()
    {
        await PublishAsync(_directory.Path);
        var env = Path.Combine(_directory.Path, ".env");
        var filled = (await ReadAsync(".env")).Replace("HTTPS_PORT=\n", "HTTPS_PORT=8443\n", StringComparison.Ordinal) + "MINE=a=b\n";
        await File.WriteAllTextAsync(env, filled, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "nginx", "old.conf"), string.Empty, TestContext.Current.CancellationToken);

        Assert.Equal(0, (await PublishAsync(_directory.Path)).Code);
        var after = await ReadAsync(".env");
        Assert.Contains("HTTPS_PORT=8443\n", after, StringComparison.Ordinal);
        Assert.Contains("MINE=a=b\n", after, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_directory.Path, "nginx", "old.conf")));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(file, string.Empty, TestContext.Current.CancellationToken);
        var (code, output) = await PublishAsync(Path.Combine(file, "below"));
        Assert.Equal(1, code);
        Assert.Contains($"Cannot publish to {file}/below", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Published", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> PublishAsync(string directory, params string[] arguments)
    {
        await using var run = ProgramRun.Start(Program, ["--operation", "publish", "--step", "publish", "--output-path", directory, .. arguments]);
        var code = await run.ExitAsync(TestContext.Current.CancellationToken);
        return (code, run.Output);
    }

    private static void AssertSame(string published, string kept)
    {
        const string update = "run: dotnet run --project JobOrchestrator.AppHost -- --operation publish --step publish "
            + "--output-path deploy/compose --kubernetes-path deploy/kubernetes --clients 3";
        var directory = Repository.PathOf("deploy", kept);
        Assert.Equal(FilesOf(published), FilesOf(directory));
        Assert.All(FilesOf(published), file => Assert.True(
            File.ReadAllBytes(Path.Combine(published, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(directory, file))),
            $"deploy/{kept}/{file} is out of date; {update}"));
    }

    private static string[] FilesOf(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(directory, f)).Order(StringComparer.Ordinal)];

    private Task<string> ReadAsync(string name) => File.ReadAllTextAsync(Path.Combine(_directory.Path, name), TestContext.Current.CancellationToken);
}
