using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// One machine that executes, as the server knows it. The registry creates it, its watcher updates it, the dispatcher reads its capacity.
/// Safe for concurrent use.
/// </summary>
internal sealed class ClientNode(string address, IClientProtocol native, IClientProtocol classic)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int JobId, int Attempt), ExecutionRef> _tracked = [];
    private volatile IReadOnlySet<string> _services = new HashSet<string>();
    private ClientStatus? _status;
    private NodeHealth _health = NodeHealth.Unknown;
    private bool _isClassic;
    private double _classicCpu;
    private readonly HashSet<(int JobId, int Attempt)> _ended = [];
    private readonly HashSet<(int JobId, int Attempt)> _sending = [];
    private int _foreign;
    private int _mostLive;

    /// <summary>Base address, without a trailing slash; unique, and what a job's record names.</summary>
    public string Address { get; } = address;

    /// <summary>The protocol the node was last found to speak.</summary>
    public IClientProtocol Protocol => IsClassic ? classic : native;

    /// <summary>Has it asked about itself at once, because something about it has just turned out otherwise than it was thought.</summary>
    public Signal Look { get; } = new();

    /// <summary>Names of the services whose jobs it may be given.</summary>
    public IReadOnlySet<string> Services
    {
        get => _services;
        set => _services = value;
    }

    /// <summary>Whether the configuration or discovery names it now; one that is not is given nothing new, and is asked as long as it answers.</summary>
    public bool IsConfigured { get; set; } = true;

    /// <summary>Until when it is given nothing new, because it refused a job for want of disk space.</summary>
    public DateTimeOffset RestsUntil { get; private set; }

    /// <summary>Whether it speaks the classic protocol only.</summary>
    public bool IsClassic
    {
        get
        {
            lock (_lock)
            {
                return _isClassic;
            }
        }
    }

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

    /// <summary>Executions sent there, or on their way, and not yet settled.</summary>
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

    /// <summary>Those of <see cref="Tracked"/> that are not on their way any more; a node that does not know one of these has lost it.</summary>
    public IReadOnlyList<ExecutionRef> Arrived
    {
        get
        {
            lock (_lock)
            {
                return [.. _tracked.Where(t => !_sending.Contains(t.Key)).Select(t => t.Value)];
            }
        }
    }

    /// <summary>
    /// What the scheduler may count on; null when it must not be given work. What is busy is our own live executions, which we know best
    /// (a poll is old when it arrives), and work of others, which only a poll tells.
    /// </summary>
    public NodeCapacity? Capacity
    {
        get
        {
            lock (_lock)
            {
                if (_health != NodeHealth.Healthy)
                {
                    return null;
                }

                return _status is { } status
                    ? new NodeCapacity(Address, status.Slots, Live + _foreign, status.Cpu, Services)
                    : new NodeCapacity(Address, int.MaxValue, Live, _classicCpu, Services);
            }
        }
    }

    private int Live => _tracked.Count - _ended.Count;

    /// <summary>Notes that an execution is there, or on its way. It holds a slot from now on.</summary>
    /// <param name="execution">Which one.</param>
    /// <param name="sending">Whether it is on its way, until <see cref="Sent"/>: that the node does not know it means nothing then.</param>
    public void Track(ExecutionRef execution, bool sending = false)
    {
        lock (_lock)
        {
            var key = (execution.JobId, execution.Attempt);
            _tracked[key] = execution;
            _mostLive = Math.Max(_mostLive, Live);
            if (sending)
            {
                _sending.Add(key);
            }
        }
    }

    /// <summary>The submission is over, for better or worse.</summary>
    public void Sent(int jobId, int attempt)
    {
        lock (_lock)
        {
            _sending.Remove((jobId, attempt));
        }
    }

    /// <summary>Whether a submission is going on.</summary>
    public bool IsSending(int jobId, int attempt)
    {
        lock (_lock)
        {
            return _sending.Contains((jobId, attempt));
        }
    }

    /// <summary>The tracked execution of that attempt, with its classic id if it has one.</summary>
    /// <remarks>Null for one that has the numbers of a tracked one and is another job's.</remarks>
    public ExecutionRef? FindTracked(ExecutionReport report)
    {
        lock (_lock)
        {
            return _tracked.TryGetValue((report.JobId, report.Attempt), out var execution) && execution.Upload == report.Upload ? execution : null;
        }
    }

    /// <summary>Notes that a tracked execution ended and holds no slot any more; false when that was known, or it is not tracked.</summary>
    public bool MarkEnded(int jobId, int attempt)
    {
        lock (_lock)
        {
            return _tracked.ContainsKey((jobId, attempt)) && _ended.Add((jobId, attempt));
        }
    }

    /// <summary>Whether a tracked execution goes on, as far as is known.</summary>
    public bool IsLive(int jobId, int attempt)
    {
        lock (_lock)
        {
            return _tracked.ContainsKey((jobId, attempt)) && !_ended.Contains((jobId, attempt));
        }
    }

    /// <summary>Notes that an execution is no longer our concern there.</summary>
    public void Untrack(int jobId, int attempt)
    {
        lock (_lock)
        {
            _tracked.Remove((jobId, attempt));
            _ended.Remove((jobId, attempt));
        }
    }

    /// <summary>The node answered about itself in our protocol.</summary>
    public void Answered(ClientStatus status)
    {
        lock (_lock)
        {
            if (_health == NodeHealth.Gone)
            {
                return; // the registry has dropped it; an answer that was on its way does not bring it back
            }

            _isClassic = false;
            _status = status;

            // Whenever the node looked, no more of ours lived there than we believed at that moment: we track before we send, and
            // hear of an end after it. What it counted beyond the most we believed since the last poll is the work of others.
            _foreign = Math.Max(0, status.Running + status.Queued - _mostLive);
            _mostLive = Live;
            _health = status switch
            {
                { Draining: true } => NodeHealth.Draining,
                { Problem: not null } => NodeHealth.Unfit,
                _ => NodeHealth.Healthy,
            };
        }
    }

    /// <summary>The node answered, and speaks the classic protocol only.</summary>
    public void AnsweredAsClassic(double cpu)
    {
        lock (_lock)
        {
            if (_health == NodeHealth.Gone)
            {
                return;
            }

            _isClassic = true;
            _status = null;
            _classicCpu = cpu;
            _health = NodeHealth.Healthy;
        }
    }

    /// <summary>It obeyed a call to drain, or to resume; the next poll tells the rest.</summary>
    public void Drained(bool draining)
    {
        lock (_lock)
        {
            _health = (_health, draining) switch
            {
                (NodeHealth.Healthy, true) => NodeHealth.Draining,
                (NodeHealth.Draining, false) => NodeHealth.Healthy,
                _ => _health,
            };
        }
    }

    /// <summary>It refused a job for want of disk space: it gets nothing new for a while.</summary>
    public void Rest(DateTimeOffset until)
    {
        lock (_lock)
        {
            RestsUntil = until;
            _health = _health == NodeHealth.Healthy ? NodeHealth.Unfit : _health;
        }
    }

    /// <summary>It does not answer any more, or the registry drops it, which is final.</summary>
    public void Lost(NodeHealth health)
    {
        lock (_lock)
        {
            _health = _health == NodeHealth.Gone ? NodeHealth.Gone : health;
        }
    }
}
