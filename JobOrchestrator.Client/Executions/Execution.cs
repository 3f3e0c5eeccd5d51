using System.Text.Json;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Executions;

/// <summary>One execution. Its state only ever goes forward; whoever comes too late changes nothing. Safe for concurrent use.</summary>
internal sealed class Execution(string directory, ExecutionRecord record, ExecutionEvents events)
{
    private readonly Lock _lock = new();
    private volatile ExecutionReport _report = record.Report;
    private volatile bool _deleted;

    public string Directory { get; } = directory;

    public ExecutionRequest Request { get; } = record.Request;

    public ExecutionReport Report => _report;

    public ExecutionKey Key => new(_report.JobId, _report.Attempt);

    /// <summary>The script, once it was started.</summary>
    public SandboxRun? Run { get; set; }

    /// <summary>Whether somebody asked for its end.</summary>
    public bool KillRequested { get; set; }

    /// <summary>
    /// Moves on to a later state, tells the world, and keeps it on the disk. False when it is there, or past it, already. Not fsynced: after a
    /// power cut the server, which has the files, starts it again.
    /// </summary>
    /// <exception cref="IOException">It moved on, but the disk did not take it; a restart then finds out by the launcher's files.</exception>
    public bool TryAdvance(ExecutionReport next)
    {
        lock (_lock)
        {
            if (_report.State.IsFinal() || next.State <= _report.State || _deleted)
            {
                return false;
            }

            _report = next;
            events.Publish(next);
            Save(next);
            return true;
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
