using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>The files client and launcher share, and the signals between them.</summary>
internal static partial class ControlFiles
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    public static string StdoutPath(string controlDirectory) => Path.Combine(controlDirectory, "stdout.log");

    public static string StderrPath(string controlDirectory) => Path.Combine(controlDirectory, "stderr.log");

    public static void WriteSpec(string controlDirectory, LaunchSpec spec) => File.WriteAllBytes(
        Path.Combine(controlDirectory, LaunchSpec.FileName), JsonSerializer.SerializeToUtf8Bytes(spec, LauncherJson.Default.LaunchSpec));

    public static LaunchIdentity? TryReadIdentity(string controlDirectory) =>
        TryRead(Path.Combine(controlDirectory, LaunchIdentity.FileName), LauncherJson.Default.LaunchIdentity);

    public static LaunchResult? TryReadResult(string controlDirectory) =>
        TryRead(Path.Combine(controlDirectory, LaunchResult.FileName), LauncherJson.Default.LaunchResult);

    public static void Terminate(int launcherId) => _ = Kill(launcherId, SigTerm);

    /// <summary>
    /// Ends what a killed launcher left in its session. What left that session by a <c>setsid</c> of its own is not found here: without its
    /// launcher nobody can tell any more whose it is.
    /// </summary>
    public static void SweepSession(int launcherId)
    {
        foreach (var process in ProcessTree.All().Where(p => p.Session == launcherId && p.ProcessId != Environment.ProcessId))
        {
            _ = Kill(process.ProcessId, SigKill);
        }
    }

    private static T? TryRead<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
