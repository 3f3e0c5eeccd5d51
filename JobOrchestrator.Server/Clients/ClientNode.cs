using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// One machine that executes, as the server knows it. The registry creates it, its watcher updates it, scheduling reads
/// its capacity. Safe for concurrent use.
/// </summary>
internal sealed class ClientNode(string address, IClientProtocol protocol)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int JobId, int Attempt), ExecutionRef> _tracked = [];
    private ClientStatus? _status;
    private NodeHealth _health = NodeHealth.Unknown;
    private int _sentSincePoll;

    /// <summary>Base address, without a trailing slash; unique, and what a job's record names.</summary>
    public string Address { get; } = address;

    public IClientProtocol Protocol { get; } = protocol;

    public NodeHealth Health
    {
        get
        {
            lock (_lock)
            {
                return _health;
            }
        }
    }

    /// <summary>What the node last said of itself; null before its first answer, and always for a classic client.</summary>
    public ClientStatus? Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    /// <summary>Executions sent there and not yet released; a node that forgot one of these has lost it.</summary>
    public IReadOnlyList<ExecutionRef> Tracked
    {
        get
        {
            lock (_lock)
            {
                return [.. _tracked.Values];
            }
        }
    }

    /// <summary>Notes that an execution is there.</summary>
    public void Track(ExecutionRef execution)
    {
        lock (_lock)
        {
            _tracked[(execution.JobId, execution.Attempt)] = execution;
        }
    }

    /// <summary>Notes that an execution is no longer our concern there.</summary>
    public void Untrack(int jobId, int attempt)
    {
        lock (_lock)
        {
            _tracked.Remove((jobId, attempt));
        }
    }

    /// <summary>The node answered a poll, or its health changed without an answer (<paramref name="status"/> null keeps the last).</summary>
    public void Update(NodeHealth health, ClientStatus? status)
    {
        lock (_lock)
        {
            _health = health;
            if (status is not null)
            {
                _status = status;
                _sentSincePoll = 0;
            }
        }
    }

    /// <summary>Work was just sent: it counts at once, before the next poll can see it.</summary>
    public void CountSent()
    {
        lock (_lock)
        {
            _sentSincePoll++;
        }
    }
}
