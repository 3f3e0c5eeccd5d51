using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Explain;

/// <summary>What a queued job waits for.</summary>
/// <param name="Cause">Its kind.</param>
/// <param name="Text">In plain words.</param>
/// <param name="Advice">What can be done about it; null for nothing.</param>
internal sealed record WaitReason(WaitCause Cause, string Text, string? Advice = null)
{
    /// <summary>Goes through what can hold a job up, in the order in which the scheduler asks.</summary>
    public static WaitReason Find(QueuePlace place, ServiceDefinition? service, IReadOnlyCollection<ClientNode> nodes, DateTimeOffset now)
    {
        var job = place.Job;
        if (service is null)
        {
            return new(WaitCause.ServiceRemoved, $"Its service '{job.Service}' is no longer configured on this server.",
                "Tell the operator; if the service does not come back soon, the job is given up.");
        }

        if (job.NotBefore > now)
        {
            return new(WaitCause.BackOff, FormattableString.Invariant(
                $"Attempt {job.Attempt - 1} failed for a reason that is not the script's; the next one may begin in {(job.NotBefore - now).TotalSeconds:0.0} s."));
        }

        if (nodes.All(n => n.Health != NodeHealth.Healthy))
        {
            return new(WaitCause.NoClient, NoClientText(service.Name, nodes), "Tell the operator: a client node must be started, reached or resumed. The job starts by itself then.");
        }

        if (place.UserRunning >= service.RunsPerUser)
        {
            return new(WaitCause.UserLimit,
                $"User {job.UserId} already runs {place.UserRunning} jobs in service '{service.Name}', which is the limit of one user. {Ahead(place)}",
                "It starts when one of those has ended; cancel one that is no longer needed, or raise the priority of this one.");
        }

        if (place.ServiceRunning >= service.MaxRuns)
        {
            return new(WaitCause.ServiceLimit,
                $"Service '{service.Name}' already runs {place.ServiceRunning} jobs, which is its limit. {Ahead(place)}", "It starts when its turn comes.");
        }

        if (nodes.All(n => n.Capacity is not { } capacity || capacity.Busy >= capacity.Slots))
        {
            return new(WaitCause.NoFreeSlot, $"Every client node of service '{service.Name}' is full. {Ahead(place)}", "It starts when its turn comes.");
        }

        return new(WaitCause.Starting, $"Nothing holds it up. {Ahead(place)}");
    }

    private static string Ahead(QueuePlace place) => place switch
    {
        { Position: 1 } => "It is the next in line.",
        { OwnAhead: 0 } => $"It is number {place.Position} of {place.WaitingInService} in line; users take turns.",
        _ => $"It is number {place.Position} of {place.WaitingInService} in line; {place.OwnAhead} of the jobs before it are of the same user.",
    };

    private static string NoClientText(string service, IReadOnlyCollection<ClientNode> nodes) => nodes.Count == 0
        ? $"Service '{service}' has no client node: none of its configured addresses could be resolved."
        : $"No client node of service '{service}' takes work: " + string.Join("; ", nodes.Select(n => $"{n.Address} {Describe(n)}")) + ".";

    private static string Describe(ClientNode node) => node.Health switch
    {
        NodeHealth.Unknown => "has not answered yet",
        NodeHealth.Draining => "is draining",
        NodeHealth.Unfit => $"cannot take jobs ({node.Status?.Problem ?? "short of disk space"})",
        NodeHealth.Unreachable => "does not answer",
        _ => "is gone",
    };
}
