using JobOrchestrator.Cli;

return await JobsProgram.RunAsync(args);
