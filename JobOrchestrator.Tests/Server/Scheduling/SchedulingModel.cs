using System.Collections.Frozen;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Tests.Server.Scheduling;

/// <summary>
/// A <see cref="JobQueue"/> with the scheduler, and beside them a plain account of what waits and runs where, kept without a line of theirs. Every
/// plan that is carried out is compared with that account; a rule that does not hold is an exception that names it.
/// </summary>
internal sealed class SchedulingModel
{
    /// <summary>Starts by which one user may get ahead of another while both could have gone: one by turn, one for having been away.</summary>
    private const int MostAhead = 2;

    private readonly JobQueue _queue = new();
    private readonly Dictionary<int, QueuedJob> _waiting = [];
    private readonly Dictionary<int, (QueuedJob Job, string Node)> _running = [];
    private readonly Dictionary<(string Service, int First, int Second), int> _ahead = [];
    private readonly Dictionary<string, ServiceDefinition> _services;
    private readonly IReadOnlyList<NodeCapacity> _nodes;
    private readonly IClientSelector _selector;
    private int _lastId;

    public SchedulingModel(IEnumerable<ServiceDefinition> services, IReadOnlyList<NodeCapacity> nodes, IClientSelector selector)
    {
        _services = services.ToDictionary(s => s.Name, StringComparer.Ordinal);
        (_nodes, _selector) = (nodes, selector);
    }

    public DateTimeOffset Now { get; private set; } = DateTimeOffset.UnixEpoch;

    public int Waiting => _waiting.Count;

    public int Running => _running.Count;

    /// <summary>Jobs in the order they started.</summary>
    public List<QueuedJob> Started { get; } = [];

    public static NodeCapacity Node(string address, int slots, params string[] services) =>
        new(address, slots, 0, 0, services.ToFrozenSet(StringComparer.Ordinal));

    public void Advance(TimeSpan time) => Now += time;

    public QueuedJob Add(string service, int user, int priority = 0, TimeSpan backOff = default)
    {
        var job = new QueuedJob(
            ++_lastId, service, user, priority, Now, backOff == default ? DateTimeOffset.MinValue : Now + backOff, Attempt: 1);
        _queue.Add(job, reserved: false);
        _waiting.Add(job.Id, job);
        return job;
    }

    public void Cancel(int nth)
    {
        if (Nth(_waiting, nth) is { } id)
        {
            Assert.True(_queue.Remove(id));
            _waiting.Remove(id);
        }
    }

    public void End(int nth)
    {
        if (Nth(_running, nth) is { } id)
        {
            _queue.MarkEnded(id);
            _running.Remove(id);
        }
    }

    public void Retry(int nth, TimeSpan backOff)
    {
        if (Nth(_running, nth) is { } id)
        {
            var (job, node) = _running[id];
            var again = job with { Attempt = job.Attempt + 1, NotBefore = Now + backOff, AvoidClient = node };
            _queue.MarkEnded(id);
            _queue.Add(again, reserved: false);
            _running.Remove(id);
            _waiting.Add(id, again);
        }
    }

    /// <summary>Makes a plan, holds it against the rules, and carries it out.</summary>
    public SchedulePlan Plan()
    {
        var nodes = _nodes.Select(n => n with { Busy = Busy(n) }).ToList();
        var snapshot = _queue.Capture(Now, nodes, _services);
        var plan = FairShareScheduler.Plan(snapshot, _selector);
        Assert.Equal(plan.Assignments, FairShareScheduler.Plan(snapshot, _selector).Assignments);
        foreach (var assignment in plan.Assignments)
        {
            CheckAndStart(assignment);
        }

        Assert.DoesNotContain(_waiting.Values, MayStart);
        Assert.Equal(
            _waiting.Values.Where(j => j.NotBefore > Now).Select(j => (DateTimeOffset?)j.NotBefore).Min(), snapshot.NextEligibleAt);
        return plan;
    }

    private void CheckAndStart(Assignment assignment)
    {
        var job = assignment.Job;
        Assert.True(_waiting.TryGetValue(job.Id, out var waiting) && waiting == job, $"Job {job.Id} does not wait.");
        Assert.True(MayStart(job), $"Job {job.Id} may not start: a limit, a back-off or its node stands against it.");
        var node = _nodes.Single(n => n.Address == assignment.ClientAddress);
        Assert.True(node.Services.Contains(job.Service) && Busy(node) < node.Slots, $"Node {node.Address} cannot take job {job.Id}.");
        Assert.True(
            node.Address != job.AvoidClient || !_nodes.Any(n => n.Address != job.AvoidClient && n.Services.Contains(job.Service) && Busy(n) < n.Slots),
            $"Job {job.Id} goes where it failed, though another node is free.");
        var first = _waiting.Values.Where(j => (j.Service, j.UserId) == (job.Service, job.UserId) && j.NotBefore <= Now)
            .OrderBy(j => j.QueuedAt.UtcTicks - (j.Priority * TimeSpan.FromMinutes(10).Ticks)).ThenBy(j => j.Id).First();
        Assert.True(first == job, $"Job {job.Id} overtakes job {first.Id} of the same user.");

        var eligible = _waiting.Values.Where(j => j.Service == job.Service && MayStart(j)).Select(j => j.UserId).Distinct().ToHashSet();
        foreach (var key in _ahead.Keys.Where(k => k.Service == job.Service && !(eligible.Contains(k.First) && eligible.Contains(k.Second))).ToList())
        {
            _ahead.Remove(key);
        }

        foreach (var other in eligible.Where(u => u != job.UserId))
        {
            var ahead = _ahead[(job.Service, job.UserId, other)] = _ahead.GetValueOrDefault((job.Service, job.UserId, other)) + 1;
            _ahead[(job.Service, other, job.UserId)] = _ahead.GetValueOrDefault((job.Service, other, job.UserId)) - 1;
            Assert.True(ahead <= MostAhead, $"User {job.UserId} is {ahead} starts ahead of user {other}, who could have gone as well.");
        }

        _waiting.Remove(job.Id);
        _running.Add(job.Id, (job, assignment.ClientAddress));
        _queue.MarkRunning(LiveJob.Of(job));
        Started.Add(job);
    }

    /// <summary>Whether limits, time and nodes would let a job go now.</summary>
    private bool MayStart(QueuedJob job) =>
        _services.TryGetValue(job.Service, out var service)
        && job.NotBefore <= Now
        && _running.Values.Count(r => r.Job.Service == job.Service) < service.MaxRuns
        && _running.Values.Count(r => (r.Job.Service, r.Job.UserId) == (job.Service, job.UserId)) < service.RunsPerUser
        && _nodes.Any(n => n.Services.Contains(job.Service) && Busy(n) < n.Slots);

    private int Busy(NodeCapacity node) => _running.Values.Count(r => r.Node == node.Address);

    private static int? Nth<T>(Dictionary<int, T> jobs, int nth) => jobs.Count == 0 ? null : jobs.Keys.Order().ElementAt(nth % jobs.Count);
}
