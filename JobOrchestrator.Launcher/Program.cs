using JobOrchestrator.Launcher;

if (args.Length != 1 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: JobOrchestrator.Launcher CONTROL-DIRECTORY   (started by the client, not by hand)");
    return 2;
}

return new JobLauncher(args[0]).Run();
