using System.CommandLine;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Webhooks;

namespace JobOrchestrator.Server.Commands;

/// <summary><c>check</c>: would the server start with these settings?</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Read the configuration, name every error in it, and say what it amounts to");
        command.SetAction(_ =>
        {
            var (options, catalog) = Read(ServerCommands.Settings());
            Console.WriteLine($"The configuration is fine. Port {options.Port}, database {options.DatabasePath}, files in {options.DataPath}.");
            Console.WriteLine(catalog.Services.Count == 0
                ? "It has no services, so every upload would be refused: set SERVICE_<NAME>_CLIENTS."
                : $"Services: {string.Join(", ", catalog.Services.Values.Select(s => s.Name).Order(StringComparer.Ordinal))}.");
        });
        return command;
    }

    /// <exception cref="ConfigurationException">Settings are wrong; the message lists all that are.</exception>
    private static (ServerOptions Options, ServiceCatalog Catalog) Read(IConfiguration configuration)
    {
        var errors = new List<string>();
        var options = ServerOptions.Load(configuration, errors);
        var catalog = ServiceCatalog.Load(configuration, errors);
        SelectionPolicy.Load(configuration, errors);
        WebhookOptions.Load(configuration, errors);
        return errors.Count == 0 ? (options, catalog) : throw new ConfigurationException(errors);
    }
}
