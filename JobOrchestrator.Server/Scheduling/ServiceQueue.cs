using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>One service's part of the <see cref="JobQueue"/>, which guards it.</summary>
internal sealed class ServiceQueue(string name)
{
    private readonly Round _round = new();

    public string Name => name;

    public Dictionary<int, UserQueue> Users { get; } = [];

    /// <summary>The waiting jobs by age, which the order they start in is not.</summary>
    public SortedSet<(DateTimeOffset QueuedAt, int JobId)> Ages { get; } = [];

    public int Running { get; set; }

    public long Pass { get; set; }

    public UserQueue UserOf(int userId)
    {
        if (!Users.TryGetValue(userId, out var user))
        {
            Users[userId] = user = new UserQueue { Pass = _round.End };
        }

        return user;
    }

    /// <summary>The user has had a turn.</summary>
    public void Started(UserQueue user) => user.Pass = _round.After(user.Pass);

    /// <summary>Drops a user of whom nothing waits or runs.</summary>
    public void Forget(int userId)
    {
        if (Users.TryGetValue(userId, out var user) && user is { Waiting: 0, Running: 0, Reserved: 0 })
        {
            Users.Remove(userId);
        }
    }

    public ServiceCensus Count(IReadOnlyDictionary<JobState, int> active) => new(
        name,
        Ages.Count,
        Ages.Count > 0 ? Ages.Min.QueuedAt : null,
        active,
        [.. Users.Select(u => (u.Key, u.Value.Waiting, u.Value.Running))]);

    /// <summary>Where a waiting job stands. One in back-off is placed where it would stand if it were ready.</summary>
    public QueuePlace Place(QueuedJob job)
    {
        var own = UserOf(job.UserId);
        var index = own.Ready.IndexOf(job);
        var ahead = index >= 0 ? index : ~index;
        var position = ahead + 1;
        foreach (var (userId, user) in Users)
        {
            // Users take turns: while this one has its jobs before this job started, each other one starts as many, and one more if it is ahead.
            var goesFirst = (user.Pass, userId).CompareTo((own.Pass, job.UserId)) < 0;
            position += userId == job.UserId ? 0 : Math.Min(user.Ready.Count, goesFirst ? ahead + 1 : ahead);
        }

        return new QueuePlace(job, ahead, position, Ages.Count, own.Running, Running);
    }

    /// <summary>This service's part of a snapshot; null when nothing is ready.</summary>
    public ServiceSnapshot? Capture(ServiceDefinition definition)
    {
        var freeRuns = Math.Max(0, definition.MaxRuns - Running);
        var users = new List<UserSnapshot>();
        foreach (var (userId, user) in Users)
        {
            if (user.Ready.Count > 0)
            {
                users.Add(new UserSnapshot(userId, Math.Max(0, definition.RunsPerUser - user.Running), user.Pass, user.Ready));
            }
        }

        return users.Count == 0 ? null : new ServiceSnapshot(name, freeRuns, Pass, _round.Latest, users);
    }
}
