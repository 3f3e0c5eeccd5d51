namespace JobOrchestrator.Server.Scheduling;

/// <summary>What the scheduler needs to know of a client node.</summary>
/// <param name="Address">Its base address, unique.</param>
/// <param name="Slots">Executions it runs at once; <see cref="int.MaxValue"/> when it does not say (a classic client).</param>
/// <param name="Busy">Executions it has, running or waiting, plus those sent since it was last asked.</param>
/// <param name="Cpu">CPU use of its host in percent, 0-100.</param>
/// <param name="Services">Names of the services it serves.</param>
internal sealed record NodeCapacity(string Address, int Slots, int Busy, double Cpu, IReadOnlySet<string> Services);
