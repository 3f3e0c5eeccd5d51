using System.CommandLine;
using JobOrchestrator.Cli.Server;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs logs</c>.</summary>
internal static class LogsCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var id = JobArguments.Id();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as it comes, until the job ends; exits with the script's exit code" };
        var stderr = new Option<bool>("--stderr") { Description = "stderr instead of stdout" };
        var from = new Option<long>("--from") { Description = "Begin at this byte", HelpName = "N" };
        var command = new Command("logs", "Print a job's output\n  jobs logs 42 -f") { id, follow, stderr, from };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            using var output = Console.OpenStandardOutput();
            var watch = new JobWatch(api, result.GetValue(id));
            await watch.CopyLogAsync(result.GetValue(stderr) ? "stderr" : "stdout", result.GetValue(from), result.GetValue(follow), output, cancellationToken);
            return result.GetValue(follow) ? ExitCodes.Of(await watch.EndAsync(show: false, cancellationToken)) : ExitCodes.Success;
        });
        return command;
    }
}
