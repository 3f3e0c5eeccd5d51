namespace JobOrchestrator.Server.Access;

/// <summary>A key that lets a program in. Only a hash of its secret is stored, so that a copy of the database opens nothing. Times are UTC.</summary>
internal sealed class ApiKey
{
    public int Id { get; init; }

    /// <summary>What people call it; the audit log names it.</summary>
    public required string Name { get; init; }

    public required Role Role { get; init; }

    /// <summary>The one user it acts for; null when it may name any.</summary>
    public int? UserId { get; init; }

    /// <summary>SHA-256 of the secret. It has 256 random bits, so nothing slower is needed.</summary>
    public required byte[] SecretHash { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops working; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Whether it opens anything at <paramref name="now"/>.</summary>
    public bool IsValid(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now);
}
