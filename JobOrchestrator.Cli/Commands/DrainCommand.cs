using System.CommandLine;
using JobOrchestrator.Cli.Server;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs drain</c> and <c>jobs resume</c>.</summary>
internal static class DrainCommand
{
    public static Command Create(ConnectionOptions connection, bool drain)
    {
        var client = new Argument<string>("CLIENT") { Description = "Its name, as 'jobs clients' shows it" };
        var command = drain
            ? new Command("drain", "Let a client node finish what it has and give it nothing new\n  jobs drain client-2") { client }
            : new Command("resume", "Give a drained client node work again\n  jobs resume client-2") { client };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var name = result.GetValue(client)!;
            await api.DrainAsync(name, drain, cancellationToken);
            Console.WriteLine(drain ? $"{name} finishes what it has and is given nothing new." : $"{name} is given work again.");
        });
        return command;
    }
}
