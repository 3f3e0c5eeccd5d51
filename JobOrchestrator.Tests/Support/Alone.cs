namespace JobOrchestrator.Tests.Support;

/// <summary>Tests that look at what their whole process uses run beside no others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
