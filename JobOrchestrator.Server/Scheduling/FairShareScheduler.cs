namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// Decides which waiting jobs start, and where. Pure: the same snapshot gives the same plan; no clock, no database, no locks.
/// <para>
/// Services take turns where they share client nodes, users take turns within a service (whoever has the lowest pass goes next, and
/// then stands at the end of the <see cref="Round"/>), and the jobs of one user go by priority and age. Limits of users, services and client nodes hold at every
/// step, and work assigned a moment ago counts like work that runs.
/// </para>
/// </summary>
internal static class FairShareScheduler
{
    public static SchedulePlan Plan(SchedulingSnapshot snapshot, IClientSelector selector)
    {
        var pool = new NodePool(snapshot.Nodes, selector, snapshot.Turn);
        var assignments = new List<Assignment>();
        var holds = new Dictionary<string, HoldReason>(StringComparer.Ordinal);
        var services = new PriorityQueue<ServiceTurn, (long Pass, int Order)>();
        for (var order = 0; order < snapshot.Services.Count; order++)
        {
            var turn = new ServiceTurn(snapshot.Services[order], order);
            services.Enqueue(turn, (snapshot.Services[order].Pass, order));
        }

        var round = new Round(snapshot.LatestPass);
        while (services.TryDequeue(out var service, out var key))
        {
            var hold = service.TryStartNext(pool, assignments);
            if (hold is { } reason)
            {
                holds[service.Name] = reason;
            }
            else
            {
                services.Enqueue(service, (round.After(key.Pass), service.Order));
            }
        }

        return new SchedulePlan(assignments, holds);
    }

    /// <summary>The state of one service while a plan is made.</summary>
    private sealed class ServiceTurn
    {
        private readonly ServiceSnapshot _service;
        private readonly PriorityQueue<(UserSnapshot User, int Started), (long Pass, int UserId)> _users = new();
        private readonly Round _round;
        private int _freeRuns;
        private bool _userLimitHit;

        public ServiceTurn(ServiceSnapshot service, int order)
        {
            _service = service;
            Order = order;
            _round = new Round(service.LatestPass);
            _freeRuns = service.FreeRuns;
            foreach (var user in service.Users)
            {
                _users.Enqueue((user, 0), (user.Pass, user.UserId));
            }
        }

        public string Name => _service.Name;

        public int Order { get; }

        /// <summary>Starts the service's next job; otherwise says what stands in the way.</summary>
        public HoldReason? TryStartNext(NodePool pool, List<Assignment> assignments)
        {
            while (_users.TryPeek(out var next, out var key))
            {
                var (user, started) = next;
                if (started == user.Jobs.Count)
                {
                    _users.Dequeue();
                    continue;
                }

                if (started >= user.FreeRuns)
                {
                    _userLimitHit = true;
                    _users.Dequeue();
                    continue;
                }

                if (_freeRuns <= 0)
                {
                    return HoldReason.ServiceLimit;
                }

                var job = user.Jobs[started];
                if (pool.TryTake(_service.Name, job.AvoidClient) is not { } address)
                {
                    return pool.Serves(_service.Name) ? HoldReason.NoFreeSlot : HoldReason.NoHealthyClient;
                }

                _users.DequeueEnqueue((user, started + 1), (_round.After(key.Pass), user.UserId));
                _freeRuns--;
                assignments.Add(new Assignment(job, address));
                return null;
            }

            return _userLimitHit ? HoldReason.UserLimit : HoldReason.None;
        }
    }
}
