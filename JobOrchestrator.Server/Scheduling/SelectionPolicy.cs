namespace JobOrchestrator.Server.Scheduling;

/// <summary>Which <see cref="IClientSelector"/> is in force: setting <c>CLIENT_SELECTION</c>.</summary>
internal static class SelectionPolicy
{
    public const string LeastLoaded = "least-loaded";
    public const string PowerOfTwo = "power-of-two-choices";
    public const string RoundRobin = "round-robin";

    /// <summary>Reads the policy; an unknown one is added to <paramref name="errors"/>.</summary>
    public static IClientSelector Load(IConfiguration configuration, List<string> errors)
    {
        switch (configuration["CLIENT_SELECTION"] ?? LeastLoaded)
        {
            case LeastLoaded:
                return new LeastLoadedSelector();
            case PowerOfTwo:
                return new PowerOfTwoSelector();
            case RoundRobin:
                return new RoundRobinSelector();
            case var other:
                errors.Add($"CLIENT_SELECTION is '{other}', but must be {LeastLoaded}, {PowerOfTwo} or {RoundRobin}.");
                return new LeastLoadedSelector();
        }
    }
}
