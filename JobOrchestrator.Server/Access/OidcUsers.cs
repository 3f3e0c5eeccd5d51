using System.Collections.Concurrent;
using JobOrchestrator.Server.Data;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Access;

/// <summary>Gives every subject of an identity provider a user id of its own.</summary>
internal sealed class OidcUsers(IDbContextFactory<JobsDbContext> contexts, DatabaseWriter writer)
{
    private readonly ConcurrentDictionary<(string Issuer, string Subject), int> _known = new();

    public async Task<int> UserIdOfAsync(string issuer, string subject, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue((issuer, subject), out var known))
        {
            return known;
        }

        var userId = await FindAsync(issuer, subject, cancellationToken) ?? await AddAsync(issuer, subject);
        return _known[(issuer, subject)] = userId;
    }

    private async Task<int?> FindAsync(string issuer, string subject, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return (await context.OidcUsers.AsNoTracking().SingleOrDefaultAsync(u => u.Issuer == issuer && u.Subject == subject, cancellationToken))?.UserId;
    }

    /// <summary>All writes pass one after the other, so looking again inside the write settles who was first.</summary>
    private Task<int> AddAsync(string issuer, string subject) => writer.WriteAsync(async context =>
    {
        if (await context.OidcUsers.AsNoTracking().SingleOrDefaultAsync(u => u.Issuer == issuer && u.Subject == subject) is { } present)
        {
            return present.UserId;
        }

        var user = new OidcUser { Issuer = issuer, Subject = subject };
        context.OidcUsers.Add(user);
        await context.SaveChangesAsync();
        return user.UserId;
    });
}
