using JobOrchestrator.Server;
using JobOrchestrator.Server.Commands;
using JobOrchestrator.Server.Data;
using JobOrchestrator.ServiceDefaults;

if (ServerCommands.AreIn(args))
{
    return await ServerCommands.RunAsync(args);
}

try
{
    var app = ServerApp.Create(args);

    // Before anything is built that touches the disk: what is wrong with it is told in words then, not as a failure of the host.
    var start = app.Services.GetRequiredService<DatabaseStart>();
    await start.CheckAsync(CancellationToken.None);
    await app.RunToEndAsync();
    return start.Damage is { } found ? throw found : 0;
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
