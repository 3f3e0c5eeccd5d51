using System.Diagnostics;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Client.Telemetry;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Telemetry;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// Runs executions, as many at once as there are slots. There is no loop: who brings an execution starts it if a slot is free, and who ends
/// one starts the next, so nothing waits for a tick and no thread waits for a job.
/// </summary>
internal sealed partial class ExecutionRunner(
    ExecutionTable table, SandboxLauncher launcher, SandboxStatus sandbox, ClientOptions options, ValidationTuning tuning, ClientMetrics metrics,
    TimeProvider clock, ILogger<ExecutionRunner> logger) : IHostedService, IDisposable
{
    /// <summary>A script that ends at once is news once: that it started, told by itself, would cost as much as its end.</summary>
    private static readonly TimeSpan AnnounceAfter = TimeSpan.FromMilliseconds(15);

    /// <summary>How long an ended execution may wait for its release before its record is worth writing.</summary>
    private static readonly TimeSpan KeepAfter = TimeSpan.FromSeconds(1);

    /// <summary>Findings in the message of a refused script.</summary>
    private const int MaxTold = 5;

    private readonly Lock _lock = new();
    private readonly Queue<Execution> _waiting = new();
    private readonly HashSet<Task> _watches = [];
    private readonly CancellationTokenSource _stopping = new();
    private int _running;

    /// <summary>Executions that hold a slot, and that wait for one.</summary>
    public (int Running, int Waiting) Count()
    {
        lock (_lock)
        {
            return (_running, _waiting.Count(e => !e.Report.State.IsFinal()));
        }
    }

    /// <summary>Runs a prepared execution now, or as soon as a slot is free.</summary>
    public void Add(Execution execution)
    {
        using var scope = ScopeOf(execution);
        if (Reject(execution))
        {
            return;
        }

        lock (_lock)
        {
            if (_running >= options.Slots)
            {
                _waiting.Enqueue(execution);
                return;
            }

            _running++;
        }

        RunInSlot(execution);
    }

    /// <summary>Ends an execution in any state.</summary>
    public void Kill(Execution execution)
    {
        execution.KillRequested = true;
        // Either this sees the run that is starting at this moment, or the one who starts it sees the request.
        Interlocked.MemoryBarrier();
        if (execution.Report.State == ExecutionState.Prepared && execution.Run is null)
        {
            Advance(execution, Ended(execution, ExecutionState.Killed, EndReason.Cancelled, "Cancelled before it started."));
        }

        execution.Run?.Kill();
    }

    /// <summary>Takes up what an earlier client left: what runs goes on, what waited waits again, what died is reported lost.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var execution in table.Load().Where(e => !e.Report.State.IsFinal()).OrderBy(e => e.Report.AcceptedAt))
        {
            var control = Workspace.ControlOf(execution.Directory);
            if (launcher.Adopt(control) is { } run)
            {
                Adopt(execution, run);
            }
            else if (execution.Report.State == ExecutionState.Prepared && !ControlFiles.IsLaunched(control))
            {
                Add(execution);
            }
            else
            {
                Advance(execution, Ended(execution, ExecutionState.Lost, EndReason.ClientRestarted,
                    "The client was restarted, and the script had died without a trace."));
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Scripts go on under their launchers; the next client finds them. From here on this one touches nothing of them.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        Task[] watches;
        lock (_lock)
        {
            watches = [.. _watches];
        }

        await Task.WhenAll(watches); // they end by the token above
    }

    public void Dispose() => _stopping.Dispose();

    private void Adopt(Execution execution, SandboxRun run)
    {
        using var scope = ScopeOf(execution);
        Log.Adopted(logger, execution.Key.JobId, execution.Key.Attempt);
        lock (_lock)
        {
            _running++;
        }

        execution.Run = run;
        execution.Started(ToRunning(execution)); // its record may be from before the start
        Watch(execution, run);
    }

    /// <summary>True when the script may not run; the execution is ended then.</summary>
    private bool Reject(Execution execution)
    {
        var findings = options.Validation == ValidationMode.Off ? [] : Validate(execution);
        if (findings.Count == 0)
        {
            return false;
        }

        Log.Objected(logger, execution.Key.JobId, execution.Key.Attempt, string.Join("; ", findings));
        var errors = findings.Where(f => f.Severity == Severity.Error).ToList();
        if (options.Validation != ValidationMode.Enforce || errors.Count == 0)
        {
            execution.Warn([.. findings.Select(f => f.ToString())]);
            return false;
        }

        var more = errors.Count > MaxTold ? $"; and {errors.Count - MaxTold} more" : "";
        Advance(execution, Ended(execution, ExecutionState.Invalid, EndReason.Rejected, string.Join("; ", errors.Take(MaxTold)) + more));
        return execution.Report.State.IsFinal();
    }

    private IReadOnlyList<Finding> Validate(Execution execution)
    {
        using var span = ClientTrace.StartValidation(execution);
        var started = clock.GetTimestamp();
        var findings = ScriptValidator.Validate(Workspace.WorkOf(execution.Directory), tuning.For(execution.Request.Service));
        metrics.Validated(findings, clock.GetElapsedTime(started));
        span?.SetTag("validator.findings", findings.Count);
        return findings;
    }

    /// <summary>Starts the execution in the slot taken for it, or the next one that can be started; nobody left gives the slot back.</summary>
    private void RunInSlot(Execution first)
    {
        for (var execution = first; execution is not null && !TryStart(execution);)
        {
            execution = NextForSlot();
        }
    }

    private bool TryStart(Execution execution)
    {
        if (execution.Report.State.IsFinal())
        {
            return false;
        }

        using var scope = ScopeOf(execution);
        var now = clock.GetUtcNow();
        metrics.GotSlot(execution, now);
        ClientTrace.RecordWait(execution, now);
        using var span = ClientTrace.StartSandbox(execution, sandbox.Name);
        var started = clock.GetTimestamp();
        SandboxRun run;
        try
        {
            run = launcher.Start(ToSpec(execution), sandbox.Tier ?? throw new SandboxException(sandbox.Problem!));
        }
        catch (Exception e) when (e is SandboxException or IOException or UnauthorizedAccessException)
        {
            span.Fail(EndReason.ClientFailed.ToTag(), e.Message);
            Log.NotStarted(logger, execution.Key.JobId, execution.Key.Attempt, e);
            Advance(execution, Ended(execution, ExecutionState.Lost, EndReason.ClientFailed, e.Message));
            return false;
        }

        metrics.Started(sandbox.Name, clock.GetElapsedTime(started));
        execution.Run = run;
        Interlocked.MemoryBarrier();
        if (execution.KillRequested)
        {
            run.Kill();
        }

        execution.Started(ToRunning(execution));
        Watch(execution, run);
        return true;
    }

    private ExecutionReport ToRunning(Execution execution) => execution.Report with
    {
        State = ExecutionState.Running,
        StartedAt = clock.GetUtcNow(),
        SandboxTier = sandbox.Name,
    };

    private SandboxSpec ToSpec(Execution execution) => new()
    {
        WorkingDirectory = Workspace.WorkOf(execution.Directory),
        ControlDirectory = Workspace.ControlOf(execution.Directory),
        TimeLimit = execution.Request.TimeLimit,
        Limits = execution.Request.Limits ?? new(),
        Network = execution.Request.Network,
        KillGrace = options.KillGrace,
    };

    private void Watch(Execution execution, SandboxRun run)
    {
        lock (_lock)
        {
            _watches.RemoveWhere(w => w.IsCompleted);
            _watches.Add(FinishAsync(execution, run));
        }
    }

    private async Task FinishAsync(Execution execution, SandboxRun run)
    {
        await Task.Yield(); // never under the caller's lock
        Activity.Current = null; // whatever called, this outlives it, and goes on with other executions
        using var scope = ScopeOf(execution);
        ExecutionReport report;
        var keep = true;
        try
        {
            if (!await run.Completion.EndsWithinAsync(AnnounceAfter, clock, _stopping.Token))
            {
                Announce(execution);
            }

            var result = await run.Completion.WaitAsync(_stopping.Token);
            report = ToReport(execution, result);
            metrics.Finished(execution, report, result.Breach?.Kind);
            keep = false; // for now: the launcher's result says it again after a crash
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
        catch (SandboxException) when (execution.KillRequested)
        {
            // The launcher was told to end before it could take notice of anything.
            report = Ended(execution, ExecutionState.Killed, EndReason.Cancelled, "Cancelled while it started.");
        }
        catch (SandboxException e)
        {
            report = Ended(execution, ExecutionState.Lost, EndReason.ClientFailed, e.Message);
        }

        Advance(execution, report, keep);
        Log.Ended(logger, report.JobId, report.Attempt, report.State, report.Message);
        if (NextForSlot() is { } next)
        {
            RunInSlot(next);
        }

        if (!keep)
        {
            // Most are fetched and deleted long before; a stop does not wait.
            await Task.Delay(KeepAfter, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Keep(execution, execution.KeepUnlessDeleted);
        }
    }

    /// <summary>Who gets the slot that is free now; null gives it back.</summary>
    private Execution? NextForSlot()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var next))
            {
                if (!next.Report.State.IsFinal())
                {
                    return next;
                }
            }

            _running--;
            return null;
        }
    }

    private void Announce(Execution execution)
    {
        Log.Started(logger, execution.Key.JobId, execution.Key.Attempt, sandbox.Name);
        Keep(execution, execution.Announce);
    }

    private void Keep(Execution execution, Action save)
    {
        try
        {
            save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotSaved(logger, execution.Key.JobId, execution.Key.Attempt, e);
        }
    }

    private void Advance(Execution execution, ExecutionReport report, bool keep = true)
    {
        var advanced = true;
        try
        {
            advanced = execution.TryAdvance(report, keep);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotSaved(logger, report.JobId, report.Attempt, e);
        }

        if (advanced && report.State.IsFinal())
        {
            metrics.Ended(execution, report);
            ClientTrace.RecordRun(execution, report);
        }
    }

    private ExecutionReport ToReport(Execution execution, SandboxResult result)
    {
        var (state, reason, message) = result switch
        {
            { Killed: true } => (ExecutionState.Killed, EndReason.Cancelled, "Cancelled while it ran."),
            { Breach: { } breach } => (ExecutionState.Failed,
                breach.Kind == LimitKind.Time ? EndReason.TimedOut : EndReason.LimitExceeded, LimitMessage.Describe(breach)),
            { ExitCode: LimitMessage.FileSizeExit } or { Signal: LimitMessage.FileSizeSignal } when execution.Request.Limits?.FileSize is { } size =>
                (ExecutionState.Failed, EndReason.LimitExceeded, LimitMessage.DescribeFileSize(size)),
            { Signal: { } signal } => (ExecutionState.Failed, EndReason.Signalled, $"run.sh was ended by {SignalName.Describe(signal)}."),
            { ExitCode: 0 } => (ExecutionState.Completed, EndReason.Exited, ""),
            { ExitCode: > 128 and < 128 + 65 and { } code } => (ExecutionState.Failed, EndReason.Exited,
                $"run.sh ended with exit code {code}, by which shells tell of {SignalName.Describe(code - 128)}; its last words are in stderr.log."),
            _ => (ExecutionState.Failed, EndReason.Exited, $"run.sh ended with exit code {result.ExitCode}; its last words are in stderr.log."),
        };
        return Ended(execution, state, reason, message) with
        {
            ExitCode = result.ExitCode,
            Signal = result.Signal,
            SandboxTier = execution.Report.SandboxTier ?? sandbox.Name,
            CpuSeconds = result.CpuSeconds,
            PeakMemoryBytes = result.MaxResidentBytes,
            StartedAt = result.StartedAt,
            EndedAt = result.EndedAt,
        };
    }

    private IDisposable? ScopeOf(Execution execution) => logger.BeginScope(
        new JobScope(execution.Key.JobId, execution.Key.Attempt, ClientMetrics.ServiceOf(execution), execution.Request.TraceParent));

    private ExecutionReport Ended(Execution execution, ExecutionState state, EndReason reason, string message) =>
        execution.Report with { State = state, Reason = reason, Message = message, EndedAt = clock.GetUtcNow() };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} has started (sandbox: {SandboxTier})")]
        public static partial void Started(ILogger logger, int jobId, int attempt, string sandboxTier);

        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} goes on after a restart of the client")]
        public static partial void Adopted(ILogger logger, int jobId, int attempt);

        [LoggerMessage(LogLevel.Warning, "Job {JobId}, attempt {Attempt}: {Findings}")]
        public static partial void Objected(ILogger logger, int jobId, int attempt, string findings);

        [LoggerMessage(LogLevel.Information, "Job {JobId}, attempt {Attempt} is {State}. {Reason}")]
        public static partial void Ended(ILogger logger, int jobId, int attempt, ExecutionState state, string reason);

        [LoggerMessage(LogLevel.Error, "Job {JobId}, attempt {Attempt} could not be started")]
        public static partial void NotStarted(ILogger logger, int jobId, int attempt, Exception exception);

        [LoggerMessage(LogLevel.Error, "The state of job {JobId}, attempt {Attempt} could not be kept on the disk")]
        public static partial void NotSaved(ILogger logger, int jobId, int attempt, Exception exception);
    }
}
