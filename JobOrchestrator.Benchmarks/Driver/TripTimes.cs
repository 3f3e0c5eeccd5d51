using System.Diagnostics;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Trivial jobs sent one after the other, each when the one before was done: how long each took, in milliseconds.</summary>
internal sealed class TripTimes
{
    private readonly List<double> _submit = [];
    private readonly List<double> _whole = [];
    private readonly List<(int Job, long SentAt)> _sent = [];

    /// <summary>Upload sent until its number is known.</summary>
    public IReadOnlyList<double> Submit => _submit;

    /// <summary>Upload sent until the ZIP is read.</summary>
    public IReadOnlyList<double> Whole => _whole;

    /// <summary>When each was sent (<see cref="Stopwatch.GetTimestamp"/>).</summary>
    public IReadOnlyList<(int Job, long SentAt)> Sent => _sent;

    /// <summary>Adds so many jobs, of so many users in turn.</summary>
    public async Task MeasureAsync(ClassicDriver driver, int jobs, int users, CancellationToken cancellation)
    {
        for (var i = 0; i < jobs; i++)
        {
            var sent = Stopwatch.GetTimestamp();
            var id = await driver.SubmitAsync(1 + (i % users), "true\n", cancellation);
            _submit.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            await driver.WaitForResultAsync(id, TimeSpan.FromMilliseconds(1), cancellation);
            _whole.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            _sent.Add((id, sent));
        }
    }
}
