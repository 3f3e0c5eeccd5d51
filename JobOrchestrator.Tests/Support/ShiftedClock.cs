namespace JobOrchestrator.Tests.Support;

/// <summary>The system's clock, some time ahead: what has a date comes due, while timers, and with them transfers and polls, go on as ever.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _ahead;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));
}
