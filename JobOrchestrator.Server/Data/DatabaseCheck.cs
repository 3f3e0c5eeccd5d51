namespace JobOrchestrator.Server.Data;

/// <summary>
/// Looks through a database that is too large for that at the start (<see cref="DatabaseStart"/>), once the server serves. Damage ends the server as it would have stopped the
/// start: what is acknowledged must not depend on a file that is not whole.
/// </summary>
internal sealed partial class DatabaseCheck(DatabaseStart start, IHostApplicationLifetime lifetime, ILogger<DatabaseCheck> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!start.IsCheckDue)
        {
            return;
        }

        var serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var started = lifetime.ApplicationStarted.Register(serving.SetResult);
        await serving.Task.WaitAsync(stoppingToken);
        if (!await start.LookThroughAsync(stoppingToken))
        {
            Log.Damaged(logger, start.Damage!.Message);
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The server ends: {Damage}")]
        public static partial void Damaged(ILogger logger, string damage);
    }
}
