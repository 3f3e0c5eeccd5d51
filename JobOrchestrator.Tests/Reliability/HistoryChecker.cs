using System.IO.Compression;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>
/// Compares what senders were told, what the database says, what lies on the disks and what really ran; lists every contradiction to what
/// <c>docs/guarantees.md</c> promises. It reads the server's files, not its answers: a server cannot talk itself out of anything.
/// </summary>
internal sealed class HistoryChecker(string database, string dataPath, IReadOnlyList<string> clientDataPaths, Ledger ledger, int runsPerUser, int maxRuns)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static readonly EndReason[] OurFault =
    [
        EndReason.ClientRestarted, EndReason.ClientUnreachable, EndReason.ClientFailed, EndReason.DiskFull, EndReason.CollectFailed,
        EndReason.DeadlineExceeded, EndReason.StorageFailed,
    ];

    /// <summary>Waits until every job has ended and every client node was told all that it is owed; what a crash left is gone then, too.</summary>
    public async Task SettledAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await using (var context = Open())
            {
                var open = await context.Jobs.CountAsync(j => j.EndedAt == null, cancellation)
                    + await context.Attempts.CountAsync(a => !a.Released, cancellation);
                if (open == 0 && !Litter().Any())
                {
                    return;
                }
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    /// <summary>What is open now, for the message of a test that waited in vain.</summary>
    public async Task<string> DescribeOpenAsync()
    {
        await using var context = Open();
        var jobs = await context.Jobs.AsNoTracking().Where(j => j.EndedAt == null).ToListAsync(CancellationToken.None);
        var attempts = await context.Attempts.AsNoTracking().Where(a => !a.Released).ToListAsync(CancellationToken.None);
        return string.Join('\n',
        [
            .. jobs.Select(j => $"job {j.Id} {j.State} attempt {j.Attempt} on {j.Client} since {j.ChangedAt:O}: {j.Message}"),
            .. attempts.Select(a => $"attempt {a.JobId}/{a.Number} on {a.Client} not released, ended {a.EndedAt:O} {a.Reason} {a.Message}"),
            .. Litter(),
        ]);
    }

    /// <summary>Every contradiction found, in words; and how often what happened.</summary>
    /// <param name="acknowledged">What senders were told.</param>
    /// <param name="turnedBack">When the history was turned back to an older copy that has all of <paramref name="acknowledged"/>; null: never.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<(IReadOnlyList<string> Violations, HistorySummary Summary)> CheckAsync(
        IReadOnlyList<Submitted> acknowledged, DateTimeOffset? turnedBack, CancellationToken cancellation)
    {
        await using var context = Open();
        var jobs = await context.Jobs.AsNoTracking().ToDictionaryAsync(j => j.Id, cancellation);
        var attempts = (await context.Attempts.AsNoTracking().ToListAsync(cancellation)).ToLookup(a => a.JobId);
        var found = new List<string>();
        found.AddRange(acknowledged.GroupBy(s => s.Id).Where(g => g.Count() > 1).Select(g => $"job {g.Key} was given to {g.Count()} uploads"));
        foreach (var sent in acknowledged)
        {
            if (jobs.TryGetValue(sent.Id, out var job))
            {
                found.AddRange(Check(sent, job, [.. attempts[job.Id].OrderBy(a => a.Number)], turnedBack).Select(v => $"job {sent.Id} ({sent.Token}): {v}"));
            }
            else
            {
                found.Add($"job {sent.Id} ({sent.Token}) was acknowledged and is not on record");
            }
        }

        found.AddRange(jobs.Values.Where(j => !j.State.IsTerminal()).Select(j => $"job {j.Id} is {j.State}"));
        found.AddRange(CheckQuotas(jobs, [.. attempts.SelectMany(a => a)]));
        found.AddRange(Litter());
        if (await context.Database.SqlQueryRaw<string>("PRAGMA integrity_check").ToListAsync(cancellation) is not ["ok"] and var problems)
        {
            found.AddRange(problems.Select(p => $"database: {p}"));
        }

        return (found, new HistorySummary(
            acknowledged.Count,
            jobs.Count,
            jobs.Values.GroupBy(j => j.State).ToDictionary(g => g.Key, g => g.Count()),
            attempts.Count(a => a.Count() > 1),
            jobs.Values.Count(j => j.State == JobState.Failed && OurFault.Contains(j.Reason)),
            acknowledged.Count(s => ledger.Of(s.Token) is var runs && runs.StartedBefore.Count + runs.Started.Count > 1)));
    }

    private IEnumerable<string> Check(Submitted sent, Job job, List<JobAttempt> attempts, DateTimeOffset? turnedBack)
    {
        var givenUp = job.State == JobState.Failed && OurFault.Contains(job.Reason);
        var expected = sent.ExitCode == 0 ? JobState.Completed : JobState.Failed;
        if (job.State != expected && !givenUp && !(sent.Cancelled && job.State == JobState.Killed))
        {
            yield return $"is {job.State} ({job.Reason}: {job.Message}), expected {expected}";
        }

        if (job.UserId != sent.UserId || job.EndedAt is null || job.Reason == EndReason.None)
        {
            yield return $"record is not complete: user {job.UserId}, ended {job.EndedAt:O}, reason {job.Reason}";
        }

        if (!attempts.Select(a => a.Number).SequenceEqual(Enumerable.Range(1, job.Attempt)))
        {
            yield return $"is at attempt {job.Attempt}, on record are {string.Join(", ", attempts.Select(a => a.Number))}";
        }

        foreach (var attempt in attempts.Where(a => a.EndedAt is null || a.Reason == EndReason.None || !a.Released))
        {
            yield return $"attempt {attempt.Number} has no end: {attempt.EndedAt:O}, {attempt.Reason}, released {attempt.Released}";
        }

        foreach (var attempt in attempts.SkipLast(1).Where(a => !OurFault.Contains(a.Reason)))
        {
            yield return $"attempt {attempt.Number} was followed by another though it ended with {attempt.Reason}";
        }

        if (givenUp && attempts.Count < 3 && job.Reason != EndReason.StorageFailed)
        {
            yield return $"was given up after {attempts.Count} attempts: {job.Message}";
        }

        foreach (var violation in CheckRuns(job, sent.Token, turnedBack).Concat(CheckResult(job, sent.Token)))
        {
            yield return violation;
        }
    }

    private IEnumerable<string> CheckRuns(Job job, string token, DateTimeOffset? turnedBack)
    {
        var (before, started, ended) = ledger.Of(token);
        foreach (var twice in ((IReadOnlyList<int>[])[before, started]).SelectMany(runs => runs.GroupBy(n => n).Where(g => g.Count() > 1)))
        {
            yield return $"attempt {twice.Key} ran {twice.Count()} times";
        }

        // What ran after the copy was made is not known to it; what it knows has ended must rest.
        foreach (var unknown in started.Where(n => n > job.Attempt))
        {
            yield return $"attempt {unknown} ran and is not on record";
        }

        if (started.Count > 0 && job.EndedAt < turnedBack)
        {
            yield return $"had ended at {job.EndedAt:O} and ran again (attempt {string.Join(", ", started)}) after the history was turned back at {turnedBack:O}";
        }

        if (job.State == JobState.Completed && !ended.Contains(job.Attempt))
        {
            yield return $"is Completed by attempt {job.Attempt}; to their end came {string.Join(", ", ended)}";
        }
    }

    private IEnumerable<string> CheckResult(Job job, string token)
    {
        if (job.CleanedAt is not null || (job.State != JobState.Completed && !job.HasResult))
        {
            yield break;
        }

        var path = Path.Combine(dataPath, "jobs", $"{job.Id}", $"result.{job.Attempt}.zip");
        if (!job.HasResult || !File.Exists(path))
        {
            yield return $"has no result ({job.State}, has result: {job.HasResult}, file: {File.Exists(path)})";
            yield break;
        }

        var (text, problem) = ReadResult(path);
        if (problem is not null || (job.State == JobState.Completed || text is not null) && text?.Trim() != token)
        {
            yield return $"its result holds '{text?.Trim()}' {problem}";
        }
    }

    /// <summary>The token in the result; every entry is read to its end, so that its checksum is compared.</summary>
    private static (string? Text, string? Problem) ReadResult(string path)
    {
        try
        {
            string? text = null;
            using var zip = ZipFile.OpenRead(path);
            foreach (var entry in zip.Entries)
            {
                using var reader = new StreamReader(entry.Open());
                var content = reader.ReadToEnd();
                text = entry.FullName == "out.txt" ? content : text;
            }

            return (text, null);
        }
        catch (InvalidDataException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>By the book-keeping: an attempt holds its places from its claim to its end.</summary>
    private List<string> CheckQuotas(Dictionary<int, Job> jobs, List<JobAttempt> attempts)
    {
        var found = new List<string>();
        var changes = attempts
            .SelectMany(a => (IEnumerable<(DateTimeOffset At, int Step, int User)>)
                [(a.ClaimedAt, 1, jobs[a.JobId].UserId), (a.EndedAt ?? DateTimeOffset.MaxValue, -1, jobs[a.JobId].UserId)])
            .OrderBy(c => c.At).ThenBy(c => c.Step);
        var running = 0;
        var byUser = new Dictionary<int, int>();
        foreach (var (at, step, user) in changes)
        {
            running += step;
            byUser[user] = byUser.GetValueOrDefault(user) + step;
            if (running > maxRuns || byUser[user] > runsPerUser)
            {
                found.Add($"at {at:O} {running} ran, {byUser[user]} of user {user}; allowed are {maxRuns} and {runsPerUser}");
            }
        }

        return found;
    }

    private IEnumerable<string> Litter() =>
        ((string[])["staging", "collecting", "trash"]).Select(d => Path.Combine(dataPath, d))
            .Concat(clientDataPaths.SelectMany(c => (string[])[Path.Combine(c, "staging"), Path.Combine(c, "executions")]))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFileSystemEntries)
            .Select(path => $"left: {path}");

    private JobsDbContext Open() => new(new DbContextOptionsBuilder<JobsDbContext>().UseSqlite($"Data Source={database}").Options);
}
