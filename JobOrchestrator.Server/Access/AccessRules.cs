namespace JobOrchestrator.Server.Access;

/// <summary>
/// How a route says who may use it. Every route must say it: one without a rule answers 403 to everybody while authentication is on,
/// and a test fails.
/// </summary>
internal static class AccessRules
{
    /// <summary>Open to everybody, whatever the operator says: signs of life, documentation.</summary>
    public static TBuilder ForAnybody<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.AllowAnonymous();

    /// <summary>For callers of this role, or a higher one.</summary>
    public static TBuilder For<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder => builder.RequireAuthorization(role.ToString());

    /// <summary>The route's <c>{id}</c> is a job's, and only those who act for its user find it. Others get the same answer as for a job that is not there.</summary>
    public static TBuilder ForOwnJob<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder => builder.For(role).AddEndpointFilter<TBuilder, OwnJobFilter>();

    /// <summary>As <see cref="For{TBuilder}"/>, on the classic surface, which the operator may leave open.</summary>
    public static TBuilder ForClassic<TBuilder>(this TBuilder builder, AccessOptions options, Role role)
        where TBuilder : IEndpointConventionBuilder => options.ClassicRequired ? builder.For(role) : builder.AllowAnonymous();

    /// <summary>As <see cref="ForOwnJob{TBuilder}"/>, on the classic surface, which the operator may leave open.</summary>
    public static TBuilder ForOwnJobClassic<TBuilder>(this TBuilder builder, AccessOptions options, Role role)
        where TBuilder : IEndpointConventionBuilder =>
        builder.ForClassic(options, role).AddEndpointFilter<TBuilder, OwnJobFilter>();

    public static Caller GetCaller(this HttpContext context) => Caller.From(context.User);
}
