using JobOrchestrator.Server.Scheduling;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Server.Scheduling;

/// <summary>The three policies for choosing a client node.</summary>
public sealed class SelectorTests
{
    [Theory]
    [InlineData("4/4 50%, 1/4 90%, 2/4 10%", 1)] // least work per slot, whatever the CPU
    [InlineData("2/8 0%, 1/2 0%", 0)] // per slot, not in number
    [InlineData("1/4 90%, 1/4 20%, 1/4 50%", 1)] // then CPU
    [InlineData("1/4 20%, 1/4 20%", 0)] // then the first
    [InlineData("0/1 0%, 0/0 0%", 0)] // a classic node names no slots and counts as a small machine
    [InlineData("2/8 0%, 0/0 0%", 1)]
    public void Least_loaded_takes_the_node_with_the_least_work(string nodes, int expected) =>
        Assert.Equal(expected, new LeastLoadedSelector().Select(Loads(nodes), turn: 7).Order);

    [Fact]
    public void Round_robin_takes_one_after_the_other_whatever_their_load()
    {
        var loads = Loads("3/4 90%, 0/4 0%, 1/4 0%");
        var selector = new RoundRobinSelector();
        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(turn => selector.Select(loads, turn).Order));
    }

    [Fact]
    public void Power_of_two_never_takes_the_worst_and_every_other_one_now_and_then()
    {
        var loads = Loads("0/4 0%, 1/4 0%, 2/4 0%, 3/4 0%");
        var selector = new PowerOfTwoSelector();
        var counts = Enumerable.Range(0, 6000).GroupBy(turn => selector.Select(loads, turn).Order).ToDictionary(g => g.Key, g => g.Count());
        Assert.False(counts.ContainsKey(3)); // of any two, one is better than the worst

        // Of the six pairs the best one is in three, the next in two without it, the third in one: 3:2:1.
        Assert.InRange(counts[0], 2700, 3300);
        Assert.InRange(counts[1], 1700, 2300);
        Assert.InRange(counts[2], 700, 1300);
        Assert.Equal(0, selector.Select(Loads("9/10 99%"), 5).Order);
    }

    [Fact]
    public void Work_sent_a_moment_ago_counts_before_the_next_poll()
    {
        var model = new SchedulingModel(
            [new ServiceDefinition { Name = "alpha", MaxRuns = 100, RunsPerUser = 100 }],
            [SchedulingModel.Node("http://a", 8, "alpha"), SchedulingModel.Node("http://b", 8, "alpha")], new LeastLoadedSelector());
        for (var i = 0; i < 8; i++)
        {
            model.Add("alpha", user: 1);
        }

        Assert.Equal(4, model.Plan().Assignments.Count(a => a.ClientAddress == "http://a"));
    }

    [Theory]
    [InlineData(null, typeof(LeastLoadedSelector))]
    [InlineData("least-loaded", typeof(LeastLoadedSelector))]
    [InlineData("power-of-two-choices", typeof(PowerOfTwoSelector))]
    [InlineData("round-robin", typeof(RoundRobinSelector))]
    public void The_setting_names_the_policy(string? setting, Type policy)
    {
        var errors = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("CLIENT_SELECTION", setting)]).Build();
        Assert.IsType(policy, SelectionPolicy.Load(configuration, errors));
        Assert.Empty(errors);
    }

    /// <summary>Nodes written as <c>busy/slots cpu%</c>; 0 slots stand for a classic client, which names none.</summary>
    private static FreeNodes Loads(string nodes) => new(nodes.Split(", ").Select((text, i) => new NodeLoad(Node(text, i), i)));

    private static NodeCapacity Node(string text, int i)
    {
        var f = text.Split('/', ' ', '%');
        var slots = f[1] == "0" ? int.MaxValue : int.Parse(f[1], null);
        return new NodeCapacity($"http://node-{i}", slots, int.Parse(f[0], null), int.Parse(f[2], null), new HashSet<string>());
    }
}
