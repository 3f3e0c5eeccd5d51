using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Executions;

/// <summary>All executions this client knows.</summary>
internal sealed partial class ExecutionTable(Workspace workspace, ExecutionEvents events, ILogger<ExecutionTable> logger)
{
    private readonly ConcurrentDictionary<ExecutionKey, Execution> _executions = new();
    private readonly ConcurrentDictionary<ExecutionKey, Task> _arriving = new();

    public IEnumerable<Execution> All => _executions.Values;

    public Execution? Find(ExecutionKey key) => _executions.GetValueOrDefault(key);

    /// <summary>
    /// The execution of that key, received now if it is not there: however many ask for the same at once, <paramref name="receive"/> runs
    /// for one of them and the others get what it made. <c>Created</c> tells which one this was.
    /// </summary>
    public async Task<(Execution Execution, bool Created)> GetOrReceiveAsync(ExecutionKey key, Func<Task<Execution>> receive)
    {
        while (true)
        {
            if (Find(key) is { } present)
            {
                return (present, false);
            }

            var arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var first = _arriving.GetOrAdd(key, arrival.Task);
            if (first != arrival.Task)
            {
                // Then it is there; or, if the first one failed, it is this one's turn.
                await first;
                continue;
            }

            try
            {
                return Find(key) is { } meanwhile ? (meanwhile, false) : (_executions[key] = await receive(), true);
            }
            finally
            {
                _arriving.TryRemove(key, out _);
                arrival.SetResult();
            }
        }
    }

    /// <summary>
    /// A key for a classic submission. Drawn at random: a client that lost its records must not give a number a second time, or a server
    /// would fetch one user's result for another.
    /// </summary>
    public ExecutionKey NewClassicKey()
    {
        while (true)
        {
            var key = ExecutionKey.Classic(RandomNumberGenerator.GetInt32(1, int.MaxValue));
            if (Find(key) is null && !Directory.Exists(workspace.DirectoryOf(key)))
            {
                return key;
            }
        }
    }

    /// <summary>Forgets an ended execution and deletes its files.</summary>
    public void Remove(Execution execution)
    {
        _executions.TryRemove(execution.Key, out _);
        execution.Delete();
    }

    /// <summary>Reads back what an earlier client left on the disk.</summary>
    public IReadOnlyList<Execution> Load()
    {
        workspace.ClearStaging();
        if (workspace.RemoveOlderThanBoot(LaunchIdentity.CurrentBootId()) is > 0 and var lost)
        {
            Log.MachineRestarted(logger, lost);
        }

        foreach (var directory in workspace.List())
        {
            if (TryRead(directory) is { } record)
            {
                var execution = new Execution(directory, record, events);
                _executions[execution.Key] = execution;
            }
            else
            {
                // Cut off between the creation of its directory and its first record: nobody was told of it.
                Log.Unreadable(logger, directory);
                Workspace.Delete(directory);
            }
        }

        return [.. _executions.Values];
    }

    private static ExecutionRecord? TryRead(string directory)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(Workspace.RecordOf(directory)), ClientJson.Default.ExecutionRecord);
            return record?.Report is null ? null : record;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The machine was started anew: removed {Count} executions, whose files may not have reached the disk; the server sends them again")]
        public static partial void MachineRestarted(ILogger logger, int count);

        [LoggerMessage(LogLevel.Warning, "Removed {Directory}: it has no readable record")]
        public static partial void Unreadable(ILogger logger, string directory);
    }
}
