namespace JobOrchestrator.Server.Api;

internal static class ProblemKindsExtensions
{
    /// <summary>Says with which problems the route answers.</summary>
    public static TBuilder Fails<TBuilder>(this TBuilder builder, params ProblemKind[] kinds)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new ProblemKinds(kinds));
}
