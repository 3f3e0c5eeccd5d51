namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// Taking turns: whoever has the lowest pass goes next and gets a pass behind everybody who was served before. One who was away or held back
/// meanwhile is next once, but has no credit of turns to catch up with, however long that was.
/// </summary>
internal sealed class Round(long latest = 0)
{
    /// <summary>The highest pass that was served.</summary>
    public long Latest { get; private set; } = latest;

    /// <summary>Where a newcomer starts: behind those who have not had their turn, so that leaving and coming back gains nothing.</summary>
    public long End => Latest + 1;

    /// <summary>The pass of one who had <paramref name="pass"/> and was just served.</summary>
    public long After(long pass)
    {
        Latest = Math.Max(Latest, pass);
        return End;
    }
}
