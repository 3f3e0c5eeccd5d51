using JobOrchestrator.Server;
using JobOrchestrator.Server.Commands;

if (ServerCommands.AreIn(args))
{
    return await ServerCommands.RunAsync(args);
}

try
{
    var app = ServerApp.Create(args);
    await app.RunAsync();
    return 0;
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
