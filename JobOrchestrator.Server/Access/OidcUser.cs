namespace JobOrchestrator.Server.Access;

/// <summary>The user id that stands for a subject of an identity provider, given at its first request and never changed.</summary>
internal sealed class OidcUser
{
    /// <summary>Where ids given here begin; below are those a portal uses.</summary>
    public const int FirstUserId = 1_000_000_000;

    public int Id { get; init; }

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public int UserId => FirstUserId + Id;
}
