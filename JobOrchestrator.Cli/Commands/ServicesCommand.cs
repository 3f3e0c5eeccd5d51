using System.CommandLine;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs services</c>.</summary>
internal static class ServicesCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var command = new Command("services", "List the kinds of jobs, with their limits and how busy they are\n  jobs services");
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var list = await api.ListServicesAsync(cancellationToken);
            if (connection.IsJson(result))
            {
                Printer.Json(list, V1Json.Default.ServiceList);
                return;
            }

            var table = new Table { Border = TableBorder.Simple }.AddColumns("service", "running", "waiting", "healthy clients", "runs per user", "waiting per user");
            foreach (var service in list.Services)
            {
                table.AddRow(
                    Markup.Escape(service.Name), $"{service.Running} of {service.MaxRuns}", $"{service.Waiting}", $"{service.HealthyClients} of {service.Clients.Count}",
                    $"{service.RunsPerUser}", $"{service.QueuedPerUser}");
            }

            Printer.Out.Write(table);
        });
        return command;
    }
}
