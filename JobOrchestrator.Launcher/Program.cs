using JobOrchestrator.Launcher;

switch (args)
{
    case [ForkServer.Argument, _]:
        return ForkServer.Run();
    case [var controlDirectory] when Directory.Exists(controlDirectory):
        return new JobLauncher(controlDirectory).Run();
    default:
        Console.Error.WriteLine("usage: JobOrchestrator.Launcher CONTROL-DIRECTORY   (started by the client, not by hand)");
        return 2;
}
