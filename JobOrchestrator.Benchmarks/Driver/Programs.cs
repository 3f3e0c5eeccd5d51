using System.Diagnostics;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>
/// The programs under test, published as production publishes them (release build, ReadyToRun), once per run of the benchmark: what a
/// development build spends on compiling itself is nothing a user ever sees.
/// </summary>
internal sealed class Programs
{
    private const string Solution = "JobOrchestrator.sln";
    private static readonly string RuntimeIdentifier = "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
    private readonly string? _root;

    private Programs(string? root) => _root = root;

    /// <summary>Those that lie beside the benchmark itself, built as it was.</summary>
    public static Programs AsBuilt { get; } = new((string?)null);

    /// <summary>Those published before, each in a directory of its name.</summary>
    public static Programs In(DirectoryInfo directory) => new(directory.FullName);

    /// <summary>Publishes them into the benchmark's own output directory, apart from the solution's builds.</summary>
    /// <exception cref="InvalidOperationException">There are no sources above the benchmark, or publishing failed.</exception>
    public static async Task<Programs> PublishAsync(CancellationToken cancellation)
    {
        var sources = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(sources, Solution)))
        {
            sources = Path.GetDirectoryName(sources)
                ?? throw new InvalidOperationException($"{Solution} is in no directory above {AppContext.BaseDirectory}; use --as-built.");
        }

        Report.Progress("Publishing server and client ...");
        var target = Path.Combine(AppContext.BaseDirectory, "published");
        foreach (var name in new[] { "JobOrchestrator.Server", "JobOrchestrator.Client" })
        {
            await RunAsync(
                ["publish", Path.Combine(sources, name), "-c", "Release", "-r", RuntimeIdentifier, "--self-contained", "false",
                 "--artifacts-path", Path.Combine(target, "artifacts"), "-o", Path.Combine(target, name), "--nologo", "-v", "quiet"],
                cancellation);
        }

        return new Programs(target);
    }

    public string PathOf(string name) => _root is null
        ? Path.Combine(AppContext.BaseDirectory, name)
        : Path.Combine(_root, name, name);

    private static async Task RunAsync(string[] arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed: {output}");
        }
    }
}
