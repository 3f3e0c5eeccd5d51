using JobOrchestrator.Server;
using JobOrchestrator.Server.Commands;
using JobOrchestrator.Server.Data;

if (ServerCommands.AreIn(args))
{
    return await ServerCommands.RunAsync(args);
}

try
{
    var app = ServerApp.Create(args);

    // Before anything is built that touches the disk: what is wrong with it is told in words then, not as a failure of the host.
    await app.Services.GetRequiredService<DatabaseStart>().CheckAsync(CancellationToken.None);
    await app.RunAsync();
    return 0;
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
catch (StartException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
