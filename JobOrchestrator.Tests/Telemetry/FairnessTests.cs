using System.Diagnostics.Metrics;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobOrchestrator.Tests.Telemetry;

public sealed class FairnessTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly JobQueue _queue = new();
    private readonly FairnessSampler _sampler;
    private int _ids;

    public FairnessTests() => _sampler = new FairnessSampler(
        _queue, new ServerMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>()), TimeProvider.System,
        NullLogger<FairnessSampler>.Instance);

    public void Dispose() => _sampler.Dispose();

    [Theory]
    [InlineData(1.0, 3, 3)]
    [InlineData(0.5, 4, 0)]
    [InlineData(0.9, 2, 4)]
    [InlineData(1.0 / 3, 5, 0, 0)]
    public void The_index_is_Jains_of_the_slots_that_waiting_users_hold(double expected, params int[] running)
    {
        for (var user = 0; user < running.Length; user++)
        {
            Add(user, waiting: 2, running[user]);
        }

        Sample(30);
        Assert.Equal(expected, Index, 6);
    }

    [Fact]
    public void Whoever_has_nothing_waiting_is_not_neglected()
    {
        Add(1, waiting: 2, running: 4);
        Add(2, waiting: 0, running: 1);
        Sample(30);
        Assert.Equal(1, Index, 6);
    }

    [Fact]
    public void A_newcomer_who_is_served_as_well_as_the_others_changes_nothing()
    {
        Add(1, waiting: 2, running: 3);
        Sample(120);
        Add(2, waiting: 2, running: 3);
        Sample(2);
        Assert.Equal(1, Index, 6);
    }

    [Fact]
    public void What_was_long_ago_fades_and_is_forgotten()
    {
        Add(1, waiting: 1, running: 4);
        Add(2, waiting: 1, running: 0);
        Sample(60);
        Assert.Equal(0.5, Index, 6);
        while (_queue.Running() is { Count: > 0 } running)
        {
            _queue.MarkEnded(running[0].Id);
        }

        for (var id = 1; id <= _ids; id++)
        {
            _queue.Remove(id);
        }

        _sampler.RunOnce(TimeSpan.FromHours(2));
        Assert.Empty(_sampler.Index);
    }

    private double Index => Assert.Single(_sampler.Index).Value;

    private void Sample(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _sampler.RunOnce(Second);
        }
    }

    private void Add(int user, int waiting, int running)
    {
        for (var i = 0; i < waiting + running; i++)
        {
            var job = new QueuedJob(++_ids, "example", user, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.MinValue, 1);
            _queue.Add(job, reserved: false);
            if (i < running)
            {
                _queue.MarkRunning(LiveJob.Of(job) with { State = JobState.Processing });
            }
        }
    }
}
