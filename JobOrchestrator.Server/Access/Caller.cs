using System.Globalization;
using System.Security.Claims;
using JobOrchestrator.Server.Api;

namespace JobOrchestrator.Server.Access;

/// <summary>Who makes a request.</summary>
/// <param name="Name">What the audit log calls it: the key's name, the token's subject.</param>
/// <param name="Role">What it may do.</param>
/// <param name="UserId">The one user it acts for; null when it may name any user (a portal, an administrator).</param>
internal sealed record Caller(string Name, Role Role, int? UserId)
{
    private const string UserClaim = "joborchestrator.user";

    /// <summary>Everybody, where the operator switched authentication off.</summary>
    public static Caller Anybody { get; } = new("anybody", Role.Admin, null);

    /// <summary>Whoever uses the classic surface, where the operator left that open.</summary>
    public static Caller Classic { get; } = new("anybody on the classic surface", Role.Submit, null);

    /// <summary>Whether it may act for this user: see their jobs, submit and cancel in their name.</summary>
    public bool ActsFor(int userId) => UserId is null || UserId == userId;

    /// <summary>Whose jobs it sees when it asks for those of <paramref name="userId"/> (null: everybody's); null for everybody's.</summary>
    /// <exception cref="ApiException">It may not see that user's.</exception>
    public int? NarrowTo(int? userId) => userId is { } user && !ActsFor(user)
        ? throw new ApiException(ProblemKind.Forbidden, $"'{Name}' acts for user {UserId} only and cannot see the jobs of user {user}.")
        : userId ?? UserId;

    public ClaimsPrincipal ToPrincipal(string scheme)
    {
        var identity = new ClaimsIdentity(scheme, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.Name, Name));
        for (var role = Role.Read; role <= Role; role++)
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, role.ToString()));
        }

        if (UserId is { } userId)
        {
            identity.AddClaim(new Claim(UserClaim, userId.ToString(CultureInfo.InvariantCulture)));
        }

        return new ClaimsPrincipal(identity);
    }

    /// <summary>The caller a principal of <see cref="ToPrincipal"/> stands for; <see cref="Classic"/> when nobody was authenticated.</summary>
    public static Caller From(ClaimsPrincipal principal)
    {
        if (principal.Identity is not { IsAuthenticated: true, Name: { } name })
        {
            return Classic;
        }

        var role = principal.IsInRole(nameof(Role.Admin)) ? Role.Admin : principal.IsInRole(nameof(Role.Submit)) ? Role.Submit : Role.Read;
        var user = principal.FindFirst(UserClaim)?.Value;
        return new Caller(name, role, user is null ? null : int.Parse(user, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }
}
