using System.Globalization;
using JobOrchestrator.Launcher;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>What a fork server asks of its own threads before it makes a copy.</summary>
public sealed class OwnThreadsTests
{
    [Fact]
    public void A_thread_that_works_is_told_from_one_that_sleeps()
    {
        using var ready = new SemaphoreSlim(0);
        using var end = new ManualResetEvent(initialState: false);
        var work = true;
        var threads = new Dictionary<int, Thread>();
        foreach (var body in new Action[] { () => end.WaitOne(), () => { while (Volatile.Read(ref work)) { } } })
        {
            var number = 0;
            var thread = new Thread(() =>
            {
                number = int.Parse(File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.Name, CultureInfo.InvariantCulture);
                ready.Release();
                body();
            });
            thread.Start();
            ready.Wait(TestContext.Current.CancellationToken);
            threads.Add(number, thread);
        }

        var (sleeping, working) = (threads.Keys.First(), threads.Keys.Last());
        Assert.Superset(new HashSet<int> { sleeping, working, Environment.ProcessId }, ProcessTree.ThreadsOfSelf().ToHashSet());
        while (ProcessTree.TryReadThreadState(sleeping) != 'S')
        {
            Thread.Yield();
        }

        Assert.Equal('R', ProcessTree.TryReadThreadState(working));
        Volatile.Write(ref work, value: false);
        end.Set();
        foreach (var thread in threads.Values)
        {
            thread.Join();
        }

        while (ProcessTree.TryReadThreadState(sleeping) is not null)
        {
            Thread.Yield(); // the system's thread is there a little longer than the one that was joined
        }
    }
}
