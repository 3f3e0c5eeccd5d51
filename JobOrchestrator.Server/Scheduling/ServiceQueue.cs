namespace JobOrchestrator.Server.Scheduling;

/// <summary>One service's part of the <see cref="JobQueue"/>, which guards it.</summary>
internal sealed class ServiceQueue(string name)
{
    private long _latestPass;

    public Dictionary<int, UserQueue> Users { get; } = [];

    public int Running { get; set; }

    public long Pass { get; set; }

    public UserQueue UserOf(int userId)
    {
        if (!Users.TryGetValue(userId, out var user))
        {
            // Level with whoever was served last: coming back often earns no extra turn.
            Users[userId] = user = new UserQueue { Pass = _latestPass };
        }

        return user;
    }

    /// <summary>The user's pass after one more start.</summary>
    public long Started(UserQueue user)
    {
        _latestPass = Math.Max(_latestPass, user.Pass);
        return user.Pass + JobQueue.PassPerStart;
    }

    /// <summary>Drops a user of whom nothing waits or runs.</summary>
    public void Forget(int userId)
    {
        if (Users.TryGetValue(userId, out var user) && user is { Waiting: 0, Running: 0, Reserved: 0 })
        {
            Users.Remove(userId);
        }
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

        return users.Count == 0 ? null : new ServiceSnapshot(name, freeRuns, Pass, users);
    }
}
