using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>One service's live jobs, counted.</summary>
/// <param name="Service">Lower case.</param>
/// <param name="Waiting">Jobs that wait, those in back-off included.</param>
/// <param name="OldestWaiting">When the oldest of them was acknowledged; null when none waits.</param>
/// <param name="Active">Jobs that hold a place on a client node, by state.</param>
/// <param name="Users">For each user with live jobs: how many wait and how many hold a place.</param>
internal sealed record ServiceCensus(
    string Service,
    int Waiting,
    DateTimeOffset? OldestWaiting,
    IReadOnlyDictionary<JobState, int> Active,
    IReadOnlyList<(int UserId, int Waiting, int Running)> Users)
{
    public static ServiceCensus Empty(string service) => new(service, 0, null, new Dictionary<JobState, int>(), []);
}
