using System.CommandLine;

namespace JobOrchestrator.Server.Commands;

/// <summary><c>healthcheck</c>: is the server that has these settings ready?</summary>
internal static class HealthCheckCommand
{
    public static Command Create()
    {
        var command = new Command(ServiceDefaults.HealthCheckCommand.Name, "Ask the running server whether it is ready; for container engines");
        command.SetAction(_ =>
        {
            var errors = new List<string>();
            var settings = ServerCommands.Settings();
            var options = ServerOptions.Load(settings, errors);
            return errors.Count > 0
                ? throw new ConfigurationException(errors)
                : ServiceDefaults.HealthCheckCommand.RunAsync(ServiceDefaults.HealthCheckCommand.AddressOf(settings, "127.0.0.1", options.Port));
        });
        return command;
    }
}
