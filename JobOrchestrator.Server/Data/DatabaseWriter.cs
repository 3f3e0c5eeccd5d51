using System.Data.Common;
using System.Threading.Channels;
using JobOrchestrator.Server.Telemetry;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// The only place that writes to the database. Callers hand in pieces of work; whatever has gathered while the last commit was on its
/// way to the disk goes into the next transaction together, so that concurrent changes share one fsync (group commit).
/// <para>
/// Theory of operation: one loop takes all waiting pieces (up to <see cref="MaxBatch"/>), runs them in order on one connection inside one
/// transaction, commits, and only then completes them and runs their after-commit actions, in the same order; so in-memory mirrors
/// see changes exactly as the database does. A commit waits for the disk unless all of its pieces are of the kind that another source
/// tells again after a power cut. If a piece throws, the transaction is rolled back and each piece of that batch runs again in a
/// transaction of its own, so that the culprit fails alone. A caller's cancellation no longer counts once its piece was handed in.
/// </para>
/// </summary>
internal sealed partial class DatabaseWriter : IAsyncDisposable
{
    private const int MaxBatch = 256;

    private readonly Channel<Piece> _pieces = Channel.CreateUnbounded<Piece>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IDbContextFactory<JobsDbContext> _contexts;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<DatabaseWriter> _logger;
    private readonly Task _loop;
    private WriterSession? _session;

    public DatabaseWriter(
        IDbContextFactory<JobsDbContext> contexts, ServerMetrics metrics, TimeProvider clock, ILogger<DatabaseWriter> logger)
    {
        _contexts = contexts;
        _metrics = metrics;
        _clock = clock;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Something was committed. Handlers must be quick: the next commit waits for them.</summary>
    public event Action? Committed;

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction and returns its result once that is committed and <paramref name="afterCommit"/> ran.
    /// </summary>
    /// <exception cref="DbUpdateException">The database refused it; nothing was changed.</exception>
    public Task<T> WriteAsync<T>(Func<JobsDbContext, Task<T>> work, Action<T>? afterCommit = null) =>
        HandIn(new Piece<T>(session => new ValueTask<T>(work(session.Context)), afterCommit) { Durable = true });

    /// <summary>The same with prepared statements at hand, for the changes every job goes through.</summary>
    /// <param name="work">What is to be done.</param>
    /// <param name="afterCommit">Runs before the next change's does.</param>
    /// <param name="durable">Whether the commit must have reached the disk. If not, a power cut may take it, the latest ones first.</param>
    /// <exception cref="DbException">The database refused it; nothing was changed.</exception>
    public Task<T> ChangeAsync<T>(Func<WriterSession, T> work, Action<T>? afterCommit = null, bool durable = true) =>
        HandIn(new Piece<T>(session => ValueTask.FromResult(work(session)), afterCommit) { Durable = durable });

    /// <summary>Commits what was handed in, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _pieces.Writer.TryComplete();
        await _loop;
        await CloseAsync();
    }

    private Task<T> HandIn<T>(Piece<T> piece)
    {
        return _pieces.Writer.TryWrite(piece)
            ? piece.Completion
            : Task.FromException<T>(new ObjectDisposedException(nameof(DatabaseWriter), "The server is stopping."));
    }

    private async Task RunAsync()
    {
        var batch = new List<Piece>(MaxBatch);
        while (await _pieces.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _pieces.Reader.TryRead(out var piece))
            {
                batch.Add(piece);
            }

            await CommitAsync(batch);
            batch.Clear();
        }
    }

    private async Task CommitAsync(IReadOnlyList<Piece> batch)
    {
        try
        {
            var started = _clock.GetTimestamp();
            await CommitTogetherAsync(batch);
            _metrics.Committed(batch.Count, _clock.GetElapsedTime(started));
        }
        catch (Exception e) when (batch.Count > 1)
        {
            Log.BatchFailed(_logger, batch.Count, e);
            foreach (var piece in batch)
            {
                await CommitAsync([piece]);
            }

            return;
        }
        catch (Exception e)
        {
            _metrics.LoopFailed("database_writer");
            Log.WriteFailed(_logger, e);
            batch[0].Fail(e);
            return;
        }

        foreach (var piece in batch)
        {
            piece.Succeed();
        }

        Committed?.Invoke();
    }

    private async Task CommitTogetherAsync(IReadOnlyList<Piece> batch)
    {
        var session = _session ??= await WriterSession.OpenAsync(_contexts);
        try
        {
            session.Begin(durable: batch.Any(p => p.Durable));
            foreach (var piece in batch)
            {
                await piece.RunAsync(session);
                session.Context.ChangeTracker.Clear();
            }

            FaultPoints.Reached(FaultPoints.WriterRan);
            session.Commit();
            FaultPoints.Reached(FaultPoints.WriterCommitted);
        }
        catch
        {
            // Rolls back; and whatever state the connection is in now, the next batch has a new one.
            await CloseAsync();
            throw;
        }
    }

    private async Task CloseAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    private abstract class Piece
    {
        public required bool Durable { get; init; }

        public abstract ValueTask RunAsync(WriterSession session);

        public abstract void Succeed();

        public abstract void Fail(Exception exception);
    }

    private sealed class Piece<T>(Func<WriterSession, ValueTask<T>> work, Action<T>? afterCommit) : Piece
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Completion => _completion.Task;

        public override async ValueTask RunAsync(WriterSession session) => _result = await work(session);

        public override void Succeed()
        {
            try
            {
                afterCommit?.Invoke(_result);
                _completion.TrySetResult(_result);
            }
            catch (Exception e)
            {
                // The change is committed; its caller must still learn that the mirror in memory did not follow.
                _completion.TrySetException(e);
            }
        }

        public override void Fail(Exception exception) => _completion.TrySetException(exception);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A commit of {Count} changes failed; each is tried on its own")]
        public static partial void BatchFailed(ILogger logger, int count, Exception exception);

        [LoggerMessage(LogLevel.Error, "A change was not committed")]
        public static partial void WriteFailed(ILogger logger, Exception exception);
    }
}
