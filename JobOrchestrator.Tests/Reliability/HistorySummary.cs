using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>What happened, in numbers.</summary>
/// <param name="Acknowledged">Uploads that were answered with 201.</param>
/// <param name="Jobs">Jobs on record; more than acknowledged when the server died between the commit and the answer.</param>
/// <param name="States">Of those on record.</param>
/// <param name="Retried">Jobs with more than one attempt.</param>
/// <param name="GivenUp">Jobs that failed because their attempts were used up.</param>
/// <param name="RanTwice">Acknowledged jobs whose script started more than once.</param>
internal sealed record HistorySummary(
    int Acknowledged, int Jobs, IReadOnlyDictionary<JobState, int> States, int Retried, int GivenUp, int RanTwice)
{
    public override string ToString() =>
        $"{Acknowledged} acknowledged, {Jobs} on record ({string.Join(", ", States.OrderBy(s => s.Key).Select(s => $"{s.Value} {s.Key}"))}), "
        + $"{Retried} with more than one attempt, {RanTwice} started more than once, {GivenUp} given up";
}
