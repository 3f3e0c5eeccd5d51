using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs clients</c>.</summary>
internal static class ClientsCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var command = new Command("clients", "List the client nodes and how busy they are\n  jobs clients");
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var list = await api.ListClientsAsync(cancellationToken);
            if (connection.IsJson(result))
            {
                Printer.Json(list, V1Json.Default.ClientList);
                return;
            }

            var table = new Table { Border = TableBorder.Simple }.AddColumns("client", "health", "slots", "CPU", "memory", "disk free", "sandbox", "services", "problem");
            foreach (var client in list.Clients)
            {
                table.AddRow(
                    Markup.Escape(client.Name),
                    $"[{(client.Health == ClientHealth.Healthy ? "green" : "yellow")}]{client.Health.ToString().ToLowerInvariant()}[/]",
                    client.Slots is { } slots ? $"{client.Running} of {slots}" : $"{client.Jobs}",
                    client.Cpu is { } cpu ? string.Create(CultureInfo.InvariantCulture, $"{cpu:0} %") : "",
                    client is { MemoryUsedBytes: { } used, MemoryTotalBytes: { } total } ? $"{Printer.Bytes(used)} of {Printer.Bytes(total)}" : "",
                    client.DiskFreeBytes is { } free ? Printer.Bytes(free) : "",
                    Markup.Escape(client.SandboxTier ?? (client.Classic ? "classic" : "")),
                    Markup.Escape(string.Join(' ', client.Services)),
                    Markup.Escape(client.Problem ?? ""));
            }

            Printer.Out.Write(table);
        });
        return command;
    }
}
