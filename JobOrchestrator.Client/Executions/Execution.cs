using System.Text.Json;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Executions;

/// <summary>One execution. Its state only ever goes forward; whoever comes too late changes nothing. Safe for concurrent use.</summary>
internal sealed class Execution(string directory, ExecutionRecord record, ExecutionEvents events)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ExecutionReport _report = record.Report;
    private volatile bool _deleted;

    public string Directory { get; } = directory;

    public ExecutionRequest Request { get; } = record.Request;

    public ExecutionReport Report => _report;

    public ExecutionKey Key => new(_report.JobId, _report.Attempt, _report.Upload);

    /// <summary>Completes when nothing can change any more: its state is final, or it was deleted.</summary>
    public Task Ended => _report.State.IsFinal() ? Task.CompletedTask : _ended.Task;

    /// <summary>The script, once it was started.</summary>
    public SandboxRun? Run { get; set; }

    /// <summary>Whether somebody asked for its end.</summary>
    public bool KillRequested { get; set; }

    /// <summary>
    /// Moves on to a later state, tells the world, and keeps it on the disk. False when it is there, or past it, already. Not fsynced: after a
    /// power cut the server, which has the files, starts it again.
    /// </summary>
    /// <exception cref="IOException">It moved on, but the disk did not take it; a restart then finds out by the launcher's files.</exception>
    /// <param name="next">The later state.</param>
    /// <param name="keep">Whether it goes to the disk: not at once when the launcher's own files say the same; see <see cref="KeepUnlessDeleted"/>.</param>
    public bool TryAdvance(ExecutionReport next, bool keep = true)
    {
        lock (_lock)
        {
            if (_report.State.IsFinal() || next.State <= _report.State || _deleted)
            {
                return false;
            }

            _report = next;
            if (next.State.IsFinal())
            {
                _ended.TrySetResult();
            }

            events.Publish(next);
            if (keep)
            {
                Save(next);
            }

            return true;
        }
    }

    /// <summary>Notes what the validator had to say about a script that may run; it goes out and onto the disk with the next state.</summary>
    public void Warn(IReadOnlyList<string> warnings)
    {
        lock (_lock)
        {
            _report = _report with { Warnings = warnings };
        }
    }

    /// <summary>
    /// The script was started: whoever asks learns it from now on. The world is told by <see cref="Announce"/>.
    /// </summary>
    public void Started(ExecutionReport running)
    {
        lock (_lock)
        {
            if (_report.State == ExecutionState.Prepared)
            {
                _report = running;
            }
        }
    }

    /// <summary>Tells the world, and the disk, that it runs, if it still does.</summary>
    /// <exception cref="IOException">The disk did not take it; a restart then finds out by the launcher's files.</exception>
    public void Announce()
    {
        lock (_lock)
        {
            if (_report.State == ExecutionState.Running)
            {
                events.Publish(_report);
                Save(_report);
            }
        }
    }

    /// <summary>Writes the record as it is, if there is still something to be kept.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public void KeepUnlessDeleted()
    {
        lock (_lock)
        {
            if (!_deleted)
            {
                Save(_report);
            }
        }
    }

    /// <summary>Writes the record as it is.</summary>
    public void Save() => Save(_report);

    /// <summary>Deletes its files. Only ended executions.</summary>
    public void Delete()
    {
        lock (_lock)
        {
            if (_deleted)
            {
                return;
            }

            _deleted = true;
            _ended.TrySetResult();
            Workspace.Discard(Directory);
        }
    }

    private void Save(ExecutionReport report)
    {
        var path = Workspace.RecordOf(Directory);
        var json = JsonSerializer.SerializeToUtf8Bytes(new ExecutionRecord(report, Request), ClientJson.Default.ExecutionRecord);
        File.WriteAllBytes(path + ".new", json);
        File.Move(path + ".new", path, overwrite: true);
    }
}
