using System.CommandLine;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs cancel</c>.</summary>
internal static class CancelCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var ids = new Argument<int[]>("IDS") { Description = "Jobs to cancel", Arity = ArgumentArity.OneOrMore };
        var command = new Command("cancel", "Cancel jobs, waiting or running; their processes are ended\n  jobs cancel 41 42") { ids };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var code = ExitCodes.Success;
            foreach (var id in result.GetValue(ids)!)
            {
                try
                {
                    var job = await api.CancelAsync(id, cancellationToken);
                    if (connection.IsJson(result))
                    {
                        Printer.Json(job, V1Json.Default.JobRecord);
                    }
                    else
                    {
                        Console.WriteLine($"Job {id} is {Printer.Word(job.State)}.");
                    }
                }
                catch (CliException e) when (e.ExitCode == ExitCodes.Failure)
                {
                    // The others are to be cancelled all the same.
                    Printer.Complain(e.Message);
                    code = ExitCodes.Failure;
                }
            }

            return code;
        });
        return command;
    }
}
