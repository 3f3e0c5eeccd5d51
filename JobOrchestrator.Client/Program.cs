using JobOrchestrator.Client;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.ServiceDefaults;

try
{
    if (args is [HealthCheckCommand.Name])
    {
        return await HealthCheckCommand.RunAsync(ClientApp.HealthAddress());
    }

    if (args is [ValidateCommand.Name, .. var arguments])
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables().Build();
        return ValidateCommand.Run(arguments, configuration, Console.OpenStandardInput, Console.Out, Console.Error);
    }

    var app = ClientApp.Create(args);
    await app.RunToEndAsync();
    return 0;
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
