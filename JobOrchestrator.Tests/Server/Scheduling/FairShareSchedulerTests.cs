using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Tests.Server.Scheduling;

/// <summary>Decisions one can check by hand.</summary>
public sealed class FairShareSchedulerTests
{
    private const string Service = "alpha";

    [Theory]
    [InlineData("1 1 1 2 3", "1 2 3 1 1")] // users take turns
    [InlineData("2 2 1 1", "1 2 1 2")]
    [InlineData("7", "7")]
    [InlineData("", "")]
    public void Users_take_turns(string submitted, string started) =>
        Assert.Equal(started, string.Join(' ', Run(Model(slots: 100), Users(submitted).Select(u => (u, 0))).Select(j => j.UserId)));

    [Theory]
    [InlineData("0 0 0", "1 2 3")] // first come, first served
    [InlineData("0 1 2", "3 2 1")] // more urgent first
    [InlineData("0 -1 0", "1 3 2")]
    public void One_users_jobs_go_by_priority_then_age(string priorities, string order) => Assert.Equal(
        order, string.Join(' ', Run(Model(slots: 100), priorities.Split(' ').Select(p => (1, int.Parse(p, null)))).Select(j => j.Id)));

    [Theory]
    [InlineData(3, 100, 100, 3)] // slots
    [InlineData(100, 4, 100, 4)] // of the service
    [InlineData(100, 100, 2, 4)] // of each of the two users
    public void Limits_hold(int slots, int maxRuns, int runsPerUser, int expected) =>
        Assert.Equal(expected, Run(Model(slots, maxRuns, runsPerUser), Users("1 1 1 1 1 2 2 2 2 2").Select(u => (u, 0))).Count);

    [Fact]
    public void What_waits_is_told_why()
    {
        Assert.Equal(HoldReason.None, HoldOf(Model(slots: 2)));
        Assert.Equal(HoldReason.NoFreeSlot, HoldOf(Model(slots: 1)));
        Assert.Equal(HoldReason.ServiceLimit, HoldOf(Model(slots: 9, maxRuns: 1)));
        Assert.Equal(HoldReason.UserLimit, HoldOf(Model(slots: 9, runsPerUser: 1)));
        Assert.Equal(HoldReason.NoHealthyClient, HoldOf(new SchedulingModel([Definition()], [], new LeastLoadedSelector())));
    }

    [Fact]
    public void A_user_who_was_away_has_one_turn_and_no_credit_of_turns()
    {
        var model = Model(slots: 2);
        model.Add(Service, user: 1);
        model.Plan(); // user 1 runs something long, while user 2 has a hundred turns
        model.Add(Service, user: 2);
        for (var i = 0; i < 100; i++)
        {
            model.Add(Service, user: 2);
            model.Plan();
            model.End(1);
        }

        for (var i = 0; i < 5; i++)
        {
            model.Add(Service, user: 1);
            model.Add(Service, user: 2);
        }

        model.Started.Clear();
        for (var i = 0; i < 8; i++)
        {
            model.Plan();
            model.End(1);
        }

        Assert.Equal("1 1 2 1 2 1 2 1", string.Join(' ', model.Started.Select(j => j.UserId)));
    }

    [Fact]
    public void A_service_that_had_no_nodes_takes_turns_with_the_others_and_does_not_catch_up()
    {
        var services = new[] { "alpha", "beta" }.ToDictionary(n => n, n => new ServiceDefinition { Name = n, MaxRuns = 1000, RunsPerUser = 1000 }, StringComparer.Ordinal);
        var queue = new JobQueue();
        foreach (var id in Enumerable.Range(1, 400))
        {
            var name = id % 2 == 0 ? "alpha" : "beta";
            queue.Add(new QueuedJob(id, name, 1, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.MinValue, 1), reserved: false);
        }

        Start([SchedulingModel.Node("http://a", 100, "alpha")]);
        var order = Start([SchedulingModel.Node("http://both", 10, "alpha", "beta")]);
        Assert.Equal(5, order.Count(s => s == "alpha"));

        List<string> Start(NodeCapacity[] nodes)
        {
            var plan = FairShareScheduler.Plan(queue.Capture(DateTimeOffset.UnixEpoch, nodes, services), new LeastLoadedSelector());
            foreach (var job in plan.Assignments.Select(a => a.Job))
            {
                queue.MarkRunning(LiveJob.Of(job));
            }

            return [.. plan.Assignments.Select(a => a.Job.Service)];
        }
    }

    [Fact]
    public void A_retry_goes_elsewhere_or_where_it_failed_when_nowhere_else_is_free()
    {
        foreach (var (elsewhere, expected) in new[] { (1, "http://b"), (0, "http://a") })
        {
            var queue = new JobQueue();
            queue.Add(new QueuedJob(1, Service, 1, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.MinValue, 2, AvoidClient: "http://a"), reserved: false);
            var nodes = new[] { SchedulingModel.Node("http://a", 9, Service), SchedulingModel.Node("http://b", elsewhere, Service) };
            var services = new Dictionary<string, ServiceDefinition> { [Service] = Definition() };
            var plan = FairShareScheduler.Plan(queue.Capture(DateTimeOffset.UnixEpoch, nodes, services), new LeastLoadedSelector());
            Assert.Equal(expected, Assert.Single(plan.Assignments).ClientAddress);
        }
    }

    private static ServiceDefinition Definition(int maxRuns = 1000, int runsPerUser = 1000) =>
        new() { Name = Service, MaxRuns = maxRuns, RunsPerUser = runsPerUser };

    private static SchedulingModel Model(int slots, int maxRuns = 1000, int runsPerUser = 1000) =>
        new([Definition(maxRuns, runsPerUser)], [SchedulingModel.Node("http://n", slots, Service)], new LeastLoadedSelector());

    private static IEnumerable<int> Users(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(u => int.Parse(u, null));

    private static List<QueuedJob> Run(SchedulingModel model, IEnumerable<(int User, int Priority)> jobs)
    {
        foreach (var (user, priority) in jobs)
        {
            model.Add(Service, user, priority);
        }

        model.Plan();
        return model.Started;
    }

    private static HoldReason HoldOf(SchedulingModel model)
    {
        model.Add(Service, user: 1);
        model.Add(Service, user: 1);
        return model.Plan().Holds[Service];
    }
}
