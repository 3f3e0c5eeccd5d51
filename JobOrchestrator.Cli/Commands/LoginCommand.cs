using System.CommandLine;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs login</c>.</summary>
internal static class LoginCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var command = new Command(
            "login",
            $"""
            Keep a server's address and a key for it in {Settings.FilePath}, readable by you only. The key is asked for, or read from a pipe
              jobs login --server https://jobs.example.org
              pass show jobs | jobs login --server https://jobs.example.org
            """);
        command.SetAction(async (result, cancellationToken) =>
        {
            var server = connection.ServerOf(result);
            var key = Console.IsInputRedirected
                ? (await Console.In.ReadLineAsync(cancellationToken))?.Trim()
                : await new TextPrompt<string>($"Key for {server} (empty for none):") { IsSecret = true, AllowEmpty = true }.ShowAsync(Printer.Error, cancellationToken);
            key = string.IsNullOrEmpty(key) ? null : key;
            using (var api = new JobsApi(server, key))
            {
                await api.ListServicesAsync(cancellationToken); // a key that does not work is not worth keeping
            }

            var settings = Settings.Load();
            var keys = new Dictionary<string, string>(settings.Keys);
            keys.Remove(server.AbsoluteUri);
            if (key is not null)
            {
                keys[server.AbsoluteUri] = key;
            }

            (settings with { Server = server.AbsoluteUri, Keys = keys }).Save();
            Printer.Note($"{server} answers, and {(key is null ? "needs no key" : "the key works")}. Kept in {Settings.FilePath}.");
        });
        return command;
    }
}
