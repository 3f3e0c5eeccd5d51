using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>Which cores jobs are kept to.</summary>
public sealed class ProcessorCoresTests
{
    [Fact]
    public void Each_job_gets_the_cores_that_the_fewest_others_have()
    {
        var cores = new ProcessorCores([0, 1, 2, 3]);
        Assert.Equal([0, 1], cores.Take(2));
        Assert.Equal([2], cores.Take(0.25));
        Assert.Equal([0, 3], cores.Take(1.5));
        cores.Release([0, 1]);
        Assert.Equal([1], cores.Take(1));
        cores.Hold([1, 2, 3]);
        Assert.Equal([0], cores.Take(1));
    }

    [Theory]
    [InlineData(3.5)]
    [InlineData(4)]
    [InlineData(1000)]
    public void Who_may_use_all_is_kept_to_none(double cpus) => Assert.Empty(new ProcessorCores([0, 1, 2, 3]).Take(cpus));

    [Fact]
    public void Cores_that_are_not_there_any_more_do_not_count() // those of a job that an earlier client started
    {
        var cores = new ProcessorCores([4, 5]);
        cores.Hold([0, 1]);
        cores.Release([0, 1]);
        Assert.Equal([4], cores.Take(1));
    }

    [Fact]
    public void What_the_kernel_allows_is_read_as_it_writes_it()
    {
        using var directory = new TemporaryDirectory();
        var status = Path.Combine(directory.Path, "status");
        File.WriteAllText(status, "Name:\tclient\nCpus_allowed:\tff\nCpus_allowed_list:\t1,4-6,9\n");
        var cores = ProcessorCores.Detect(status);
        Assert.Equal([1, 4, 5, 6], cores.Take(4));
        Assert.Equal([1, 9], cores.Take(2));
        Assert.Empty(cores.Take(5));
    }
}
