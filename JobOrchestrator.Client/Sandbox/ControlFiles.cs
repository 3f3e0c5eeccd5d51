using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobOrchestrator.Launcher;
using Microsoft.Win32.SafeHandles;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>The files client and launcher share, and the signals between them.</summary>
internal static partial class ControlFiles
{
    private const int SigKill = 9;
    private const int FileExists = 17; // EEXIST
    private const int OwnerOnly = 0b110_000_000;
    private const int WriteWithoutWaiting = 0x1 | 0x800 | 0x80000; // O_WRONLY | O_NONBLOCK | O_CLOEXEC, the same on x86-64 and arm64

    public static string StdoutPath(string controlDirectory) => Path.Combine(controlDirectory, "stdout.log");

    public static string StderrPath(string controlDirectory) => Path.Combine(controlDirectory, "stderr.log");

    public static void WriteSpec(string controlDirectory, LaunchSpec spec) => File.WriteAllBytes(
        Path.Combine(controlDirectory, LaunchSpec.FileName), JsonSerializer.SerializeToUtf8Bytes(spec, LauncherJson.Default.LaunchSpec));

    /// <summary>Whether a launcher was ever started for it.</summary>
    public static bool IsLaunched(string controlDirectory) => File.Exists(Path.Combine(controlDirectory, LaunchSpec.FileName));

    public static LaunchSpec? TryReadSpec(string controlDirectory) =>
        TryRead(Path.Combine(controlDirectory, LaunchSpec.FileName), LauncherJson.Default.LaunchSpec);

    public static LaunchIdentity? TryReadIdentity(string controlDirectory) =>
        TryRead(Path.Combine(controlDirectory, LaunchIdentity.FileName), LauncherJson.Default.LaunchIdentity);

    public static LaunchResult? TryReadResult(string controlDirectory) =>
        TryRead(Path.Combine(controlDirectory, LaunchResult.FileName), LauncherJson.Default.LaunchResult);

    /// <summary>Makes the FIFO by which the launcher is asked for the job's end; before the launcher is started.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static void CreateKillPipe(string controlDirectory)
    {
        if (MakeFifo(Path.Combine(controlDirectory, LaunchSpec.KillPipeName), OwnerOnly) != 0 && Marshal.GetLastPInvokeError() != FileExists)
        {
            throw new IOException($"Cannot make a FIFO in '{controlDirectory}': {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Asks the launcher for the job's end, whether it listens already or not. Harmless when it is gone.</summary>
    public static void RequestKill(string controlDirectory)
    {
        File.WriteAllBytes(Path.Combine(controlDirectory, LaunchSpec.KillFileName), []);
        var pipe = Open(Path.Combine(controlDirectory, LaunchSpec.KillPipeName), WriteWithoutWaiting);
        if (pipe < 0)
        {
            return; // nobody listens: not yet, and then the file is found, or no more
        }

        using var stream = new FileStream(new SafeFileHandle(pipe, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        try
        {
            stream.WriteByte(1);
        }
        catch (IOException)
        {
            // The launcher ended at this moment.
        }
    }

    /// <summary>
    /// Ends what a killed launcher left, until nothing of it is found: its session and its script's, and whatever left them with the job's mark in its
    /// environment. Only what has both left the session and cleared its environment escapes, for without its launcher nobody can tell any more
    /// whose it is.
    /// </summary>
    public static void SweepLeftovers(string controlDirectory, int? launcherId)
    {
        List<int> left;
        // Only just dead, their numbers are still theirs; of one that died long ago they may be somebody else's.
        var script = launcherId is null ? null : TryReadIdentity(controlDirectory)?.ScriptProcessId;
        do
        {
            left = [.. ProcessTree.All()
                .Where(p => !p.HasEnded && p.ProcessId != Environment.ProcessId
                    && (p.Session == launcherId || p.Session == script || HasMark(p.ProcessId, controlDirectory)))
                .Select(p => p.ProcessId)];
            left.ForEach(id => _ = Kill(id, SigKill));
        }
        while (left.Count > 0);
    }

    /// <summary>The process that has the control directory for its argument, or listens for the request to end it; null when there is none.</summary>
    public static int? FindLauncher(string controlDirectory) => ProcessTree.All()
        .Where(p => !p.HasEnded && p.ProcessId != Environment.ProcessId
            && (Holds(p.ProcessId, "cmdline", controlDirectory) || HasOpen(p.ProcessId, Path.Combine(controlDirectory, LaunchSpec.KillPipeName))))
        .Select(p => (int?)p.ProcessId).FirstOrDefault();

    private static bool HasOpen(int processId, string path)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{processId}/fd").Any(d => new FileInfo(d).LinkTarget == path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // gone meanwhile, or somebody else's
        }
    }

    private static bool HasMark(int processId, string controlDirectory) =>
        Holds(processId, "environ", $"{LaunchSpec.MarkVariable}={controlDirectory}");

    private static bool Holds(int processId, string list, string entry)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/{list}").Split('\0').Contains(entry);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // gone meanwhile, or somebody else's
        }
    }

    private static T? TryRead<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Not written yet; or all of it is gone, when an execution that was cancelled as it started has been deleted already.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
