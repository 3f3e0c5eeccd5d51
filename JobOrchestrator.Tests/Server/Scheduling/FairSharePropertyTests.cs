using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Tests.Server.Scheduling;

/// <summary>
/// Rules that hold whatever happens: quotas are never exceeded, no slot is idle while a job could use it, no user gets far ahead of another,
/// each user's jobs go by priority and age, and a plan follows from its snapshot alone. <see cref="SchedulingModel"/> checks them at every step of
/// random histories.
/// </summary>
public sealed class FairSharePropertyTests
{
    private static readonly string[] Services = ["alpha", "beta", "gamma"];

    [Property(MaxTest = 4000)]
    public void All_rules_hold_through_any_history(Setting setting, Step[] steps)
    {
        var model = setting.ToModel();
        foreach (var step in steps)
        {
            step.Do(model);
        }

        model.Plan();
    }

    [Property(MaxTest = 500)]
    public void Whatever_waits_starts_in_the_end(Setting setting, Step[] steps)
    {
        var model = setting.ToModel();
        foreach (var step in steps)
        {
            step.Do(model);
        }

        // As many rounds as there can be: each ends all that runs and so starts at least one of what may ever start.
        for (var round = model.Waiting; round >= 0; round--)
        {
            model.Advance(TimeSpan.FromDays(1));
            model.Plan();
            while (model.Running > 0)
            {
                model.End(0);
            }
        }

        Assert.Equal(0, model.Waiting);
    }

    [Property(MaxTest = 500)]
    public void The_same_snapshot_gives_the_same_plan_and_does_not_change(Setting setting, Step[] steps)
    {
        // A second model with the same history is a second queue with the same content.
        var models = new[] { setting.ToModel(), setting.ToModel() };
        foreach (var model in models)
        {
            foreach (var step in steps)
            {
                step.Do(model);
            }
        }

        Assert.Equal(models[0].Plan().Assignments, models[1].Plan().Assignments);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(3, 2)]
    [InlineData(5, 1)]
    [InlineData(5, 3)]
    public void Low_priorities_start_too_while_higher_ones_keep_coming(int ahead, int perMinute)
    {
        // One slot, and a user who at every minute submits more urgent jobs than can run.
        var model = new SchedulingModel(
            [new ServiceDefinition { Name = "alpha" }], [SchedulingModel.Node("http://n", 1, "alpha")], new LeastLoadedSelector());
        var humble = model.Add("alpha", user: 1);
        var minutes = 0;
        while (!model.Started.Contains(humble))
        {
            for (var i = 0; i < perMinute; i++)
            {
                model.Add("alpha", user: 1, ahead);
            }

            model.Plan();
            model.End(0);
            model.Advance(TimeSpan.FromMinutes(1));

            // What came after it has drawn level with is behind it; what came before that is as much as came in that time.
            Assert.InRange(++minutes, 0, ahead * 10 * (perMinute + 1));
        }
    }

    /// <summary>Limits and nodes.</summary>
    public sealed record Setting(byte Policy, byte[] Limits, byte[] Nodes)
    {
        public override string ToString() => $"policy {Policy}, limits [{string.Join(' ', Limits)}], nodes [{string.Join(' ', Nodes)}]";

        internal SchedulingModel ToModel()
        {
            var services = Services.Select((name, i) => new ServiceDefinition
            {
                Name = name,
                MaxRuns = 1 + (Limits.ElementAtOrDefault(2 * i) % 8),
                RunsPerUser = 1 + (Limits.ElementAtOrDefault((2 * i) + 1) % 4),
            });

            // The lowest three bits say which services a node serves, the next three how many slots it has; the first serves all.
            var nodes = Nodes.Prepend((byte)0b1111).Take(6).Select((bits, i) => SchedulingModel.Node(
                $"http://node-{i}", 1 + ((bits >> 3) % 8), [.. Services.Where((_, s) => (bits >> s & 1) == 1)])).ToList();
            return new SchedulingModel(services, nodes, (Policy % 3) switch
            {
                0 => new LeastLoadedSelector(),
                1 => new PowerOfTwoSelector(),
                _ => new RoundRobinSelector(),
            });
        }
    }

    /// <summary>Something happens.</summary>
    public sealed record Step(byte Kind, byte First, byte Second)
    {
        internal void Do(SchedulingModel model)
        {
            switch (Kind % 8)
            {
                case 0 or 1:
                    model.Add(Services[First % 3], Second % 4, (First / 3 % 5) - 2);
                    break;
                case 2:
                    model.Add(Services[First % 3], Second % 4, 0, TimeSpan.FromSeconds(1 + (First % 60)));
                    break;
                case 3:
                    model.Cancel(First);
                    break;
                case 4:
                    model.End(First);
                    break;
                case 5:
                    model.Retry(First, TimeSpan.FromSeconds(1 + Second));
                    break;
                case 6:
                    model.Advance(TimeSpan.FromSeconds(Second));
                    break;
                default:
                    model.Plan();
                    break;
            }
        }
    }
}
