using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// The waiting and running jobs, indexed in memory: what the scheduler looks at instead of the database. The store keeps it in step after
/// each commit and rebuilds it at start. Updates are O(log n); a snapshot costs by active users, not by the length of the queue. Calls about jobs it does not know are ignored, so repeating one does no harm. Safe for concurrent use.
/// </summary>
internal sealed class JobQueue
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServiceQueue> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<int, QueuedJob> _waiting = [];
    private readonly Dictionary<int, LiveJob> _running = [];
    private readonly SortedSet<QueuedJob> _backedOff = new(QueueOrder.ByNotBefore);
    private readonly Round _round = new();
    private long _turn;

    /// <summary>
    /// Takes one place among the jobs a user may have waiting in a service; false when there is none left. A taken place is given to the
    /// job by <see cref="Add"/>, or given back by <see cref="CancelReservation"/>.
    /// </summary>
    public bool TryReserve(string service, int userId, int limit)
    {
        lock (_lock)
        {
            var user = ServiceOf(service).UserOf(userId);
            if (user.Waiting + user.Reserved >= limit)
            {
                return false;
            }

            user.Reserved++;
            return true;
        }
    }

    public void CancelReservation(string service, int userId)
    {
        lock (_lock)
        {
            var queue = ServiceOf(service);
            queue.UserOf(userId).Reserved--;
            queue.Forget(userId);
        }
    }

    /// <summary>A job waits, for the first time or again.</summary>
    /// <param name="job">The job.</param>
    /// <param name="reserved">Whether a place was taken for it by <see cref="TryReserve"/>.</param>
    public void Add(QueuedJob job, bool reserved)
    {
        lock (_lock)
        {
            var queue = ServiceOf(job.Service);
            var user = queue.UserOf(job.UserId);
            if (reserved)
            {
                user.Reserved--;
            }

            if (_running.ContainsKey(job.Id) || !_waiting.TryAdd(job.Id, job))
            {
                queue.Forget(job.UserId);
                return;
            }

            user.Waiting++;
            queue.Ages.Add((job.QueuedAt, job.Id));
            if (job.NotBefore > DateTimeOffset.MinValue)
            {
                _backedOff.Add(job);
            }
            else
            {
                user.Ready = user.Ready.Add(job);
            }
        }
    }

    /// <summary>A waiting job is gone (cancelled). False when it was not waiting.</summary>
    public bool Remove(int jobId)
    {
        lock (_lock)
        {
            return RemoveWaiting(jobId) is not null;
        }
    }

    /// <summary>A job was claimed, or is found claimed at start.</summary>
    public void MarkRunning(LiveJob job)
    {
        lock (_lock)
        {
            if (!_running.TryAdd(job.Id, job))
            {
                return;
            }

            var queue = ServiceOf(job.Service);
            var user = queue.UserOf(job.UserId);
            queue.Running++;
            user.Running++;
            if (RemoveWaiting(job.Id) is not null)
            {
                queue.Pass = _round.After(queue.Pass);
                queue.Started(user);
            }
        }
    }

    /// <summary>A running job went on to another state in which it holds its place.</summary>
    public void MarkAdvanced(int jobId, JobState state, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(jobId, out var job))
            {
                _running[jobId] = job with { State = state, ChangedAt = now };
            }
        }
    }

    /// <summary>A job that waits or runs; null when it does neither.</summary>
    public LiveJob? Find(int jobId)
    {
        lock (_lock)
        {
            return _running.TryGetValue(jobId, out var running) ? running : _waiting.TryGetValue(jobId, out var waiting) ? LiveJob.Of(waiting) : null;
        }
    }

    /// <summary>Where a job waits; null when it does not. Costs by the users of its service, not by the length of the queue.</summary>
    public QueuePlace? Place(int jobId)
    {
        lock (_lock)
        {
            return _waiting.TryGetValue(jobId, out var job) ? ServiceOf(job.Service).Place(job) : null;
        }
    }

    /// <summary>A running job no longer holds its place.</summary>
    public void MarkEnded(int jobId)
    {
        lock (_lock)
        {
            if (_running.Remove(jobId, out var job))
            {
                var queue = ServiceOf(job.Service);
                queue.Running--;
                queue.UserOf(job.UserId).Running--;
                queue.Forget(job.UserId);
            }
        }
    }

    /// <summary>Waiting and running jobs by service.</summary>
    public IReadOnlyList<(string Service, int Waiting, int Running)> Depth()
    {
        lock (_lock)
        {
            return [.. _services.Select(s => (s.Key, s.Value.Users.Values.Sum(u => u.Waiting), s.Value.Running))];
        }
    }

    /// <summary>All live jobs, counted. Costs by users and running jobs, not by the length of the queue.</summary>
    public IReadOnlyList<ServiceCensus> Census()
    {
        lock (_lock)
        {
            var active = _running.Values.ToLookup(j => j.Service, j => j.State);
            return [.. _services.Values.Select(s => s.Count(active[s.Name].CountBy(state => state).ToDictionary()))];
        }
    }

    /// <summary>The jobs that hold a place on a client node.</summary>
    public IReadOnlyList<LiveJob> Running()
    {
        lock (_lock)
        {
            return [.. _running.Values];
        }
    }

    /// <summary>What a plan is made from.</summary>
    /// <param name="now">Decides which backed-off jobs may go.</param>
    /// <param name="nodes">Client nodes that accept work.</param>
    /// <param name="services">Limits; jobs of services that are not among them wait.</param>
    public SchedulingSnapshot Capture(
        DateTimeOffset now, IReadOnlyList<NodeCapacity> nodes, IReadOnlyDictionary<string, ServiceDefinition> services)
    {
        lock (_lock)
        {
            ReleaseBackedOff(now);
            var captured = new List<ServiceSnapshot>();
            foreach (var (name, queue) in _services)
            {
                if (services.TryGetValue(name, out var definition) && queue.Capture(definition) is { } service)
                {
                    captured.Add(service);
                }
            }

            captured.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return new SchedulingSnapshot(captured, nodes, _turn++, _round.Latest, _backedOff.Min?.NotBefore);
        }
    }

    private void ReleaseBackedOff(DateTimeOffset now)
    {
        while (_backedOff.Min is { } job && job.NotBefore <= now)
        {
            _backedOff.Remove(job);
            var user = ServiceOf(job.Service).UserOf(job.UserId);
            user.Ready = user.Ready.Add(job);
        }
    }

    private QueuedJob? RemoveWaiting(int jobId)
    {
        if (!_waiting.Remove(jobId, out var job))
        {
            return null;
        }

        var queue = ServiceOf(job.Service);
        var user = queue.UserOf(job.UserId);
        user.Waiting--;
        queue.Ages.Remove((job.QueuedAt, job.Id));
        user.Ready = user.Ready.Remove(job);
        _backedOff.Remove(job);

        queue.Forget(job.UserId);
        return job;
    }

    private ServiceQueue ServiceOf(string name)
    {
        if (!_services.TryGetValue(name, out var service))
        {
            _services[name] = service = new ServiceQueue(name) { Pass = _round.End };
        }

        return service;
    }
}
