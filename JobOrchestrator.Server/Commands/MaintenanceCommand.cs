using System.CommandLine;
using JobOrchestrator.Server.Backup;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Retention;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Commands;

/// <summary><c>maintenance</c>: is everything whole, and what is there too much?</summary>
internal static class MaintenanceCommand
{
    public static Command Create()
    {
        var checkOnly = new Option<bool>("--check") { Description = "Look only; change nothing" };
        var command = new Command("maintenance",
            """
            Look through the database and the files of all jobs, remove files that belong to no job, and give unused space of the database back. While the
            server runs, the space is left as it is, for that would make it wait. Ends with 1 when something is damaged or missing.
            """)
        {
            checkOnly,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var options = ServerCommands.Options();
            if (!File.Exists(options.DatabasePath))
            {
                throw new StartException($"There is no database {options.DatabasePath}; see DB_PATH.");
            }

            try
            {
                return await RunAsync(options, result.GetValue(checkOnly), cancellationToken);
            }
            catch (SqliteException e)
            {
                throw DatabaseFault.Explain(options.DatabasePath, e);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ServerOptions options, bool checkOnly, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteFile.OpenAsync(options.DatabasePath, cancellationToken);
        if (await SqliteFile.FindDamageAsync(connection, cancellationToken) is { Count: > 0 } damage)
        {
            throw DatabaseFault.Corrupted(options.DatabasePath, string.Join("; ", damage));
        }

        Console.WriteLine($"The database {options.DatabasePath} is whole.");
        var files = new JobFiles(options);
        var missing = await FindMissingAsync(options, files, cancellationToken);
        missing.ForEach(Console.Error.WriteLine);
        if (missing.Count == 0)
        {
            Console.WriteLine("Every job that should have files has them.");
        }

        if (!checkOnly)
        {
            await SweepAsync(options, files, cancellationToken);
            await VacuumAsync(options, connection, cancellationToken);
        }

        return missing.Count == 0 ? 0 : 1;
    }

    private static async Task<List<string>> FindMissingAsync(ServerOptions options, JobFiles files, CancellationToken cancellationToken)
    {
        var suspects = (await DatabaseCopy.ListJobsAsync(options.DatabasePath, cancellationToken))
            .Where(job => !Directory.Exists(files.InputDirectory(job.Id)) && !Directory.Exists(files.StagingDirectory(job.StagingKey))
                || job.HasResult && !File.Exists(files.ResultPath(job.Id, job.Attempt)))
            .ToList();
        if (suspects.Count == 0)
        {
            return [];
        }

        // A running server may have cleaned some since.
        var cleaned = await DatabaseCopy.ListCleanedAsync(options.DatabasePath, [.. suspects.Select(job => job.Id)], cancellationToken);
        return [.. suspects.Where(job => !cleaned.Contains(job.Id)).Select(job => $"Files of job {job.Id} are missing below {options.DataPath}.")];
    }

    private static async Task SweepAsync(ServerOptions options, JobFiles files, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddDatabaseContexts(options);
        await using var provider = services.BuildServiceProvider();
        var contexts = provider.GetRequiredService<IDbContextFactory<JobsDbContext>>();
        var (directories, bytes) = await new OrphanSweep(contexts, files).RunAsync(cancellationToken);
        Console.WriteLine($"Removed the files of {directories} jobs that do not exist, {bytes} bytes.");
    }

    private static async Task VacuumAsync(ServerOptions options, SqliteConnection connection, CancellationToken cancellationToken)
    {
        using var instance = InstanceLock.TryTake(options.DatabasePath);
        if (instance is null)
        {
            Console.WriteLine("The server is running: the database's unused space is left as it is.");
            return;
        }

        var before = new FileInfo(options.DatabasePath).Length;
        await SqliteFile.ExecuteAsync(connection, "VACUUM; PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)", cancellationToken);
        Console.WriteLine($"The database had {before} bytes and has {new FileInfo(options.DatabasePath).Length}.");
    }
}
