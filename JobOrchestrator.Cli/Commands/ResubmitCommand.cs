using System.CommandLine;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs resubmit</c>.</summary>
internal static class ResubmitCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var id = JobArguments.Id();
        var command = new Command("resubmit", "Submit an ended job's files again, as a new job\n  jobs resubmit 42") { id };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var job = await api.ResubmitAsync(result.GetValue(id), cancellationToken);
            if (connection.IsJson(result))
            {
                Printer.Json(job, V1Json.Default.JobRecord);
            }
            else
            {
                Console.WriteLine(job.Id);
            }
        });
        return command;
    }
}
