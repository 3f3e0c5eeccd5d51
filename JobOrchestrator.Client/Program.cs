using JobOrchestrator.Client;
using JobOrchestrator.ServiceDefaults;

try
{
    if (args is [HealthCheckCommand.Name])
    {
        return await HealthCheckCommand.RunAsync(ClientApp.HealthAddress());
    }

    var app = ClientApp.Create(args);
    await app.RunAsync();
    return 0;
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
