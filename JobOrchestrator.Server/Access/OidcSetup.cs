using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace JobOrchestrator.Server.Access;

/// <summary>How tokens of the identity provider are checked, and whom they stand for: the subject is the user.</summary>
internal sealed class OidcSetup(AccessOptions access, OidcUsers users) : IConfigureNamedOptions<JwtBearerOptions>
{
    public const string SchemeName = "oidc";

    public void Configure(string? name, JwtBearerOptions options)
    {
        options.Authority = access.OidcAuthority!.AbsoluteUri;
        options.Audience = access.OidcAudience;
        options.RequireHttpsMetadata = access.OidcAuthority.Scheme == Uri.UriSchemeHttps;
        options.MapInboundClaims = false;
        options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
        options.Events = new JwtBearerEvents
        {
            OnTokenValidated = TakeAsync,
            OnChallenge = context =>
            {
                context.HandleResponse();
                return AccessHandler.RefuseAsync(context.HttpContext, StatusCodes.Status401Unauthorized,
                    $"The token was not accepted: {context.AuthenticateFailure?.GetType().Name ?? "there is none"}; get a new one from {access.OidcAuthority}");
            },
            OnForbidden = context => AccessHandler.RefuseAsync(context.HttpContext, StatusCodes.Status403Forbidden,
                $"'{Caller.From(context.HttpContext.User).Name}' may not do this; it needs the role '{access.OidcAdminRole}'"),
        };
    }

    public void Configure(JwtBearerOptions options) => Configure(Options.DefaultName, options);

    private async Task TakeAsync(TokenValidatedContext context)
    {
        if (context.Principal?.FindFirst("sub")?.Value is not { Length: > 0 } subject)
        {
            context.Fail("The token names no subject.");
            return;
        }

        var isAdmin = context.Principal.FindAll(access.OidcRoleClaim).Any(c => c.Value == access.OidcAdminRole);
        var caller = isAdmin
            ? new Caller(subject, Role.Admin, null)
            : new Caller(subject, Role.Submit, await users.UserIdOfAsync(IssuerOf(context.Principal), subject, context.HttpContext.RequestAborted));
        context.Principal = caller.ToPrincipal(context.Scheme.Name);
    }

    private static string IssuerOf(ClaimsPrincipal principal) => principal.FindFirst("iss")!.Value;
}
