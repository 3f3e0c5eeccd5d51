using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Scheduling;

namespace JobOrchestrator.Server.Explain;

/// <summary>Says in plain words why a job is where it is: what it waits for, where it runs, or how it ended and what to do about that.</summary>
internal sealed class Explainer(
    JobQueue queue, ServiceCatalog catalog, ClientRegistry registry, RunTimes runTimes, JobFiles files, TimeProvider clock)
{
    private const int LastWordsBytes = 2048;
    private const int LastWordsLines = 10;

    public async Task<Explanation> ExplainAsync(Job job, CancellationToken cancellationToken)
    {
        var node = registry.Find(job.Client);
        return job.State switch
        {
            JobState.Queued => await ExplainWaitingAsync(job, cancellationToken),
            JobState.Processing => Explain(job, $"Its files are on their way to client node {NameOf(node, job)} (attempt {job.Attempt})."),
            JobState.Submitted => Explain(job, $"It is on client node {NameOf(node, job)} (attempt {job.Attempt}) and waits there for a free slot.",
                node?.Health == NodeHealth.Unreachable ? "The node does not answer; if it stays away, the job goes to another one by itself." : null),
            JobState.Running => Explain(job, RunningText(job, node),
                node?.Health == NodeHealth.Unreachable ? "The node does not answer; if it stays away, the job goes to another one by itself." : null),
            _ => await ExplainEndedAsync(job, node, cancellationToken),
        };
    }

    private static Explanation Explain(Job job, string summary, string? advice = null) => new()
    {
        JobId = job.Id,
        State = job.State.ToStatus(),
        Summary = summary,
        Advice = advice is null ? [] : [advice],
    };

    private async Task<Explanation> ExplainWaitingAsync(Job job, CancellationToken cancellationToken)
    {
        if (queue.Place(job.Id) is not { } place)
        {
            return Explain(job, "It is about to be dispatched.");
        }

        var service = catalog.Services.GetValueOrDefault(job.Service);
        var nodes = registry.All.Where(n => n.Services.Contains(job.Service)).ToArray();
        var reason = WaitReason.Find(place, service, nodes, clock.GetUtcNow());
        var estimate = service is null ? null : await EstimateAsync(place, service, nodes, cancellationToken);
        return Explain(job, reason.Text, reason.Advice) with
        {
            Waiting = new Waiting
            {
                Cause = reason.Cause,
                Position = place.Position,
                OwnJobsAhead = place.OwnAhead,
                WaitingInService = place.WaitingInService,
                WaitedSeconds = (clock.GetUtcNow() - job.QueuedAt).TotalSeconds,
                EstimateSeconds = estimate?.Seconds,
                EstimateBasis = estimate?.Basis,
                NotBefore = reason.Cause == WaitCause.BackOff ? job.NotBefore : null,
            },
        };
    }

    /// <summary>The longer of two waits: for the service's turn to come to this job, and for the user's own limit to let it.</summary>
    private async Task<(double Seconds, string Basis)?> EstimateAsync(
        QueuePlace place, ServiceDefinition service, ClientNode[] nodes, CancellationToken cancellationToken)
    {
        var slots = nodes.Where(n => n.Health == NodeHealth.Healthy).Sum(n => (long)(n.Status?.Slots ?? 1));
        if (slots == 0 || await runTimes.FindAsync(service.Name, cancellationToken) is not { } times)
        {
            return null;
        }

        var atOnce = (int)Math.Min(slots, service.MaxRuns);
        var ownAtOnce = Math.Min(atOnce, service.RunsPerUser);
        var rounds = Math.Max(
            Rounds(place.ServiceRunning + place.Position, atOnce),
            Rounds(place.UserRunning + place.OwnAhead + 1, ownAtOnce));
        return (rounds * times.Median.TotalSeconds,
            FormattableString.Invariant($"the last {times.Count} completed jobs of the service ran {times.Median.TotalSeconds:0.0} s (median), {atOnce} at once"));

        // How many run times pass before the n-th of a line starts, when so many start at once; on average half of the first one is over.
        static double Rounds(int nth, int atOnce) => Math.Max(0, ((nth - 1) / atOnce) - 0.5);
    }

    private string RunningText(Job job, ClientNode? node)
    {
        var since = job.StartedAt is { } started ? FormattableString.Invariant($" for {(clock.GetUtcNow() - started).TotalSeconds:0} s") : "";
        var tier = job.SandboxTier is null ? "" : $" in sandbox tier '{job.SandboxTier}'";
        return $"It runs{since} on client node {NameOf(node, job)} (attempt {job.Attempt}){tier}.";
    }

    private async Task<Explanation> ExplainEndedAsync(Job job, ClientNode? node, CancellationToken cancellationToken)
    {
        var ending = EndReading.Of(job);
        var ran = job is { StartedAt: { } started, EndedAt: { } ended } ? (ended - started).TotalSeconds : (double?)null;
        var where = job.Attempt == 0 ? "It never reached a client node." : FormattableString.Invariant(
            $"That was on client node {NameOf(node, job)} in attempt {job.Attempt}{(ran is { } seconds ? $", after {seconds:0.0} s" : "")}.");
        return new Explanation
        {
            JobId = job.Id,
            State = job.State.ToStatus(),
            Summary = string.Join(' ', ((string[])[ending.Text, job.Message, where]).Where(t => t.Length > 0)),
            Advice = [.. ending.Advice, .. job.HasResult || job.State == JobState.Completed ? [] : NoFiles(job)],
            Ending = new Ending
            {
                Reason = job.Reason,
                Fault = ending.Fault,
                ExitCode = job.ExitCode,
                Signal = job.Signal,
                Client = job.Client,
                Attempt = job.Attempt,
                RanSeconds = ran,
                LastWords = ending.Fault == Fault.Script ? await LastWordsAsync(job, cancellationToken) : null,
            },
        };
    }

    private static string[] NoFiles(Job job) => job.CleanedAt is not null ? ["Its files are gone: their time was over."] : [];

    /// <summary>The last lines of stderr; null when there is none.</summary>
    private async Task<string?> LastWordsAsync(Job job, CancellationToken cancellationToken)
    {
        if (!job.HasResult || !File.Exists(files.ResultPath(job)))
        {
            return null;
        }

        await using var log = await ResultZip.OpenLogAsync(files.ResultPath(job), "stderr", 0, cancellationToken);
        if (log is null)
        {
            return null;
        }

        var window = new byte[2 * LastWordsBytes];
        var length = 0;
        for (int read; (read = await log.Content.ReadAsync(window.AsMemory(length), cancellationToken)) > 0;)
        {
            length += read;
            if (length > LastWordsBytes)
            {
                window.AsSpan(length - LastWordsBytes, LastWordsBytes).CopyTo(window);
                length = LastWordsBytes;
            }
        }

        var lines = System.Text.Encoding.UTF8.GetString(window, 0, length).TrimEnd().Split('\n');
        return string.Join('\n', lines.TakeLast(LastWordsLines)) is { Length: > 0 } words ? words : null;
    }

    private static string NameOf(ClientNode? node, Job job) => node?.Status?.Name is { } name ? $"{name} ({job.Client})" : job.Client ?? "?";
}
