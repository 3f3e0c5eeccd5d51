using System.Collections.Concurrent;
using System.Security.Cryptography;
using JobOrchestrator.Server.Data;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Access;

/// <summary>
/// The keys on record. A key that was looked up is remembered for <see cref="Remembered"/>, so that it costs no query per request; a key
/// revoked by the command, which is another process, works that much longer at most.
/// </summary>
internal sealed class ApiKeys(IDbContextFactory<JobsDbContext> contexts, TimeProvider clock)
{
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<int, (ApiKey? Key, DateTimeOffset At)> _known = new();

    /// <summary>Makes a key; the token is shown to its owner once and is nowhere afterwards.</summary>
    public async Task<(ApiKey Key, string Token)> CreateAsync(
        string name, Role role, int? userId, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var secret = ApiKeyToken.NewSecret();
        var key = new ApiKey
        {
            Name = name,
            Role = role,
            UserId = userId,
            SecretHash = ApiKeyToken.Hash(secret),
            CreatedAt = clock.GetUtcNow(),
            ExpiresAt = expiresAt,
        };
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.ApiKeys.Add(key);
        await context.SaveChangesAsync(cancellationToken);
        return (key, ApiKeyToken.Format(key.Id, secret));
    }

    /// <summary>All keys ever made, oldest first.</summary>
    public async Task<List<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiKeys.AsNoTracking().OrderBy(k => k.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Ends a key; false when there is none of that id, or it had ended already.</summary>
    public async Task<bool> RevokeAsync(int id, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiKeys.Where(k => k.Id == id && k.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(k => k.RevokedAt, now), cancellationToken) == 1;
    }

    /// <summary>The key a token belongs to; null when there is none, or it does not work any more.</summary>
    public async Task<ApiKey?> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (!ApiKeyToken.TryParse(token, out var id, out var secret))
        {
            return null;
        }

        var key = await FindAsync(id, cancellationToken);
        return key is not null && CryptographicOperations.FixedTimeEquals(key.SecretHash, ApiKeyToken.Hash(secret)) && key.IsValid(clock.GetUtcNow())
            ? key
            : null;
    }

    /// <summary>Whether the key of that id still opens anything.</summary>
    public async Task<bool> IsValidAsync(int id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) is { } key && key.IsValid(clock.GetUtcNow());

    private async Task<ApiKey?> FindAsync(int id, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(id, out var known) && now - known.At < Remembered)
        {
            return known.Key;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var key = await context.ApiKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id, cancellationToken);
        if (key is not null)
        {
            // Only ids that exist are remembered: inventing ids fills nobody's memory.
            _known[id] = (key, now);
        }

        return key;
    }
}
