using JobOrchestrator.Client;

try
{
    var app = ClientApp.Create(args);
    await app.RunAsync();
    return 0;
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
