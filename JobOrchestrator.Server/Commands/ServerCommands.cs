using System.CommandLine;
using JobOrchestrator.Server.Backup;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Server.Commands;

/// <summary>What the program can do besides serving. Each command is a file of this folder; without one the server starts.</summary>
internal static class ServerCommands
{
    private static readonly string[] HelpWords = ["--help", "-h", "-?", "/?", "--version"];

    /// <summary>Whether the arguments ask for a command, or for help, and not for the server.</summary>
    public static bool AreIn(string[] args) =>
        args.Length > 0 && (HelpWords.Contains(args[0], StringComparer.Ordinal) || !args[0].StartsWith('-'));

    /// <summary>Runs the command the arguments name; the program's exit code: 0 done, 1 failed, 2 wrong usage or configuration.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            """
            The JobOrchestrator server. Without a command it serves; its settings come from the environment, from appsettings.json beside the
            program, or from arguments such as --PORT 5001 (docs/configuration.md lists them). Commands read the same environment and file.
            """)
        {
            CheckCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            MaintenanceCommand.Create(),
            KeysCommand.Create(),
            HealthCheckCommand.Create(),
        };
        root.SetAction(_ => 0);
        var result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync("--help lists the commands.");
            return 2;
        }

        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (ConfigurationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (Exception e) when (e is BackupException or StartException or IOException or UnauthorizedAccessException or SqliteException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    /// <summary>The server's own settings.</summary>
    /// <exception cref="ConfigurationException">Some are wrong.</exception>
    public static ServerOptions Options()
    {
        var errors = new List<string>();
        var options = ServerOptions.Load(Settings(), errors);
        return errors.Count == 0 ? options : throw new ConfigurationException(errors);
    }

    /// <summary>The settings a command works with: those the server would have, without arguments.</summary>
    public static IConfiguration Settings() => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();
}
