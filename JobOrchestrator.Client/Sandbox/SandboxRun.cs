using System.Globalization;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>One script under its launcher.</summary>
internal sealed class SandboxRun
{
    private readonly string _controlDirectory;
    private readonly LauncherProcess? _launcher;
    private readonly LauncherPatience _patience;
    private int _killed;

    private SandboxRun(string controlDirectory, LauncherProcess? launcher, LauncherPatience patience, Task<SandboxResult> completion)
    {
        _controlDirectory = controlDirectory;
        _launcher = launcher;
        _patience = patience;
        Completion = completion;
    }

    /// <summary>How it ended, when nothing of it is left; faults with <see cref="SandboxException"/>.</summary>
    public Task<SandboxResult> Completion { get; }

    /// <summary>Process id of <c>bash run.sh</c>; 0 when it does not run.</summary>
    public int ScriptProcessId =>
        Completion.IsCompleted ? 0 : ControlFiles.TryReadIdentity(_controlDirectory)?.ScriptProcessId ?? 0;

    /// <summary>A run whose launcher was just started, or found again.</summary>
    public static SandboxRun Watch(string controlDirectory, LauncherProcess launcher, LauncherPatience patience) =>
        new(controlDirectory, launcher, patience, CompleteAsync(controlDirectory, launcher, patience));

    /// <summary>A run that ended while nobody looked.</summary>
    private static SandboxRun Ended(string controlDirectory, LaunchResult result, LauncherPatience patience) =>
        new(controlDirectory, null, patience, ToResultAsync(result));

    /// <summary>The run that belongs to a control directory: still going, or ended meanwhile; null when it died without a result; what it left has been ended then.</summary>
    public static SandboxRun? Adopt(string controlDirectory, LauncherPatience patience)
    {
        if (ControlFiles.TryReadResult(controlDirectory) is { } result)
        {
            return Ended(controlDirectory, result, patience);
        }

        if (!ControlFiles.IsLaunched(controlDirectory))
        {
            return null;
        }

        // A launcher that has only just been started has not said yet who it is.
        var launcher = ControlFiles.TryReadIdentity(controlDirectory) is { } identity
            ? identity.IsAlive() ? identity.ProcessId : null
            : ControlFiles.FindLauncher(controlDirectory);
        if (launcher is { } processId)
        {
            return Watch(controlDirectory, LauncherProcess.Attach(processId), patience);
        }

        ControlFiles.SweepLeftovers(controlDirectory, launcherId: null);

        return ControlFiles.TryReadResult(controlDirectory) is { } late ? Ended(controlDirectory, late, patience) : null;
    }

    /// <summary>Ends the script and all its descendants; <see cref="Completion"/> tells when that is done. Harmless at any time.</summary>
    public void Kill()
    {
        if (_launcher is not null && !Completion.IsCompleted)
        {
            // The launcher gives the job its grace, and sweeps.
            ControlFiles.RequestKill(_controlDirectory);
            if (Interlocked.Exchange(ref _killed, 1) == 0)
            {
                _ = InsistAsync(_launcher);
            }
        }
    }

    private static async Task<SandboxResult> CompleteAsync(string controlDirectory, LauncherProcess launcher, LauncherPatience patience)
    {
        var failure = "The job's launcher was killed; what was left of the job has been ended.";
        if (!await launcher.Exited.EndsWithinAsync(patience.Start, patience.Clock))
        {
            if (ControlFiles.TryReadIdentity(controlDirectory) is null && ControlFiles.TryReadResult(controlDirectory) is null)
            {
                failure = string.Create(CultureInfo.InvariantCulture, $"The job's launcher did not start the script within {patience.Start.TotalSeconds:0} s and was ended.");
                launcher.Kill();
            }

            await launcher.Exited;
        }

        if (ControlFiles.TryReadResult(controlDirectory) is { } result)
        {
            return await ToResultAsync(result);
        }

        ControlFiles.SweepLeftovers(controlDirectory, launcher.Id);
        throw new SandboxException(failure);
    }

    /// <summary>A launcher that does not do as it was asked, because something has stopped it or holds it up, is not asked again.</summary>
    private async Task InsistAsync(LauncherProcess launcher)
    {
        var grace = TimeSpan.FromMilliseconds(ControlFiles.TryReadSpec(_controlDirectory)?.KillGraceMilliseconds ?? 0);
        if (!await launcher.Exited.EndsWithinAsync(grace + _patience.End, _patience.Clock))
        {
            launcher.Kill();
        }
    }

    private static Task<SandboxResult> ToResultAsync(LaunchResult result) => result.LauncherError is { } error
        ? Task.FromException<SandboxResult>(new SandboxException($"The script could not be started: {error}"))
        : Task.FromResult(new SandboxResult
        {
            ExitCode = result.ExitCode,
            Signal = result.Signal,
            Killed = result.Killed,
            Breach = result.Breach,
            CpuSeconds = result.CpuSeconds,
            MaxResidentBytes = result.MaxResidentBytes,
            StartedAt = result.StartedAt,
            EndedAt = result.EndedAt,
        });
}
