using System.Diagnostics;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Baselines: the same work without any of us in between.</summary>
internal static class Shell
{
    /// <summary>Seconds a bash command takes.</summary>
    public static async Task<double> SecondsAsync(string command, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { UseShellExecute = false })!;
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(started).TotalSeconds
            : throw new InvalidOperationException($"The baseline '{command}' ended with exit code {process.ExitCode}.");
    }
}
