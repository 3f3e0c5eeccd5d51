using System.Runtime.CompilerServices;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Results;

namespace JobOrchestrator.Server.Logs;

/// <summary>
/// One reader's way through one output stream of a job: from the result once there is one, from the client node while the job runs, and from
/// the shared <see cref="LogTail"/> where it follows. Its position moves by what it has given, so no byte is given twice or left out, however
/// the sources change under it.
/// </summary>
internal sealed class LogReader(JobStore store, JobFiles files, ClientRegistry registry, LogTails tails, TimeProvider clock)
{
    private const int BufferBytes = 1 << 14;
    private const int LooksForLateResult = 50;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>What there is of the latest attempt now, from a position on.</summary>
    public IAsyncEnumerable<LogPiece> ReadAsync(Job job, string stream, long from, CancellationToken cancellationToken) => job.HasResult
        ? ReadResultAsync(job, stream, from, cancellationToken)
        : ReadNodeAsync(job, job.Attempt, stream, from, long.MaxValue, cancellationToken);

    /// <summary>
    /// What there is and what is yet to come, until the job ends; through all further attempts, each from its first byte. An empty piece is a sign
    /// that nothing has come for a while.
    /// </summary>
    public async IAsyncEnumerable<LogPiece> FollowAsync(
        Job job, string stream, int attempt, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tail = tails.Take(job, stream);
        try
        {
            for (LogView view; !IsDone(view = tail.Look(), attempt, from);)
            {
                if (view.Attempt > attempt)
                {
                    // Whoever named no attempt meant a position in the first that comes.
                    (attempt, from) = (view.Attempt, attempt == 0 ? from : 0);
                }

                var before = from;
                if (tail.Copy(attempt, from, _buffer) is > 0 and var copied)
                {
                    yield return new LogPiece(attempt, from, _buffer.AsMemory(0, copied));
                    from += copied;
                }
                else if (view.Attempt == attempt && from < view.Start && await store.FindAsync(job.Id, cancellationToken) is { } now)
                {
                    await foreach (var piece in ReadNodeAsync(now, attempt, stream, from, view.Start, cancellationToken))
                    {
                        yield return piece;
                        from = piece.End;
                    }

                    if (from == before && view.Ended)
                    {
                        break; // the node has nothing any more; the result has the rest
                    }
                }

                if (from == before && !view.Ended && !await CompletesAsync(view.More, cancellationToken))
                {
                    yield return new LogPiece(attempt, from, default);
                }
            }
        }
        finally
        {
            tails.Return(job.Id, stream);
        }

        await foreach (var piece in ReadRestAsync(job.Id, stream, attempt, from, tail.Look(), cancellationToken))
        {
            yield return piece;
        }
    }

    private static bool IsDone(LogView view, int attempt, long from) => view.Ended && view.Attempt <= attempt && (view.Attempt < attempt || from >= view.End);

    /// <summary>What the ended job's result has beyond a position. A cancelled job's may still be on its way.</summary>
    private async IAsyncEnumerable<LogPiece> ReadRestAsync(
        int jobId, string stream, int attempt, long from, LogView view, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var job = await store.FindAsync(jobId, cancellationToken);
        for (var look = 0; job is { HasResult: false, CleanedAt: null, Attempt: > 0 } && !HasAll(job) && look < LooksForLateResult; look++)
        {
            await Task.Delay(LookAgain, clock, cancellationToken);
            job = await store.FindAsync(jobId, cancellationToken);
        }

        if (job is { HasResult: true })
        {
            await foreach (var piece in ReadResultAsync(job, stream, job.Attempt == attempt || attempt == 0 ? from : 0, cancellationToken))
            {
                yield return piece;
            }
        }

        bool HasAll(Job ended) => view.Attempt == ended.Attempt && attempt == view.Attempt && from >= view.End;
    }

    private async IAsyncEnumerable<LogPiece> ReadResultAsync(
        Job job, string stream, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = files.ResultPath(job);
        if (!File.Exists(path))
        {
            yield break; // its time was over a moment ago
        }

        await using var log = await ResultZip.OpenLogAsync(path, stream, from, cancellationToken);
        if (log is null)
        {
            yield break;
        }

        var position = 0L;
        for (int read; (read = await log.Content.ReadAsync(_buffer, cancellationToken)) > 0; position += read)
        {
            var skipped = (int)Math.Clamp(from - position, 0, read);
            if (skipped < read)
            {
                yield return new LogPiece(job.Attempt, position + skipped, _buffer.AsMemory(skipped, read - skipped));
            }
        }
    }

    /// <summary>What the client node has between two positions now; nothing when it cannot be asked.</summary>
    private async IAsyncEnumerable<LogPiece> ReadNodeAsync(
        Job job, int attempt, string stream, long from, long until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var log = await OpenAsync(job, attempt, stream, from, cancellationToken);
        while (log is not null && from < until)
        {
            var read = await ReadAsync(log, (int)Math.Min(_buffer.Length, until - from), cancellationToken);
            if (read == 0)
            {
                yield break;
            }

            yield return new LogPiece(attempt, from, _buffer.AsMemory(0, read));
            from += read;
        }
    }

    private async Task<ClientLog?> OpenAsync(Job job, int attempt, string stream, long from, CancellationToken cancellationToken)
    {
        if (attempt == 0 || registry.Find(job.Client) is not { } node)
        {
            return null;
        }

        try
        {
            return await node.Protocol.OpenLogAsync(
                ExecutionRef.Of(job) with { Attempt = attempt }, new LogRequest(stream, from, Follow: false), cancellationToken);
        }
        catch (ClientException)
        {
            return null; // it is asked again, or the result has it
        }
    }

    private async Task<int> ReadAsync(ClientLog log, int length, CancellationToken cancellationToken)
    {
        try
        {
            return await log.Content.ReadAsync(_buffer.AsMemory(0, length), cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return 0; // broke off; whoever follows asks again from here
        }
    }

    private async Task<bool> CompletesAsync(Task more, CancellationToken cancellationToken)
    {
        try
        {
            await more.WaitAsync(SseResponse.SignOfLife, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
