using System.Globalization;
using System.Security.Claims;
using JobOrchestrator.Server.Ui;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace JobOrchestrator.Server.Access;

/// <summary>A browser's session: a cookie that stands for the key it was opened with, and ends with it.</summary>
internal static class SessionCookie
{
    public const string SchemeName = "session";
    private const string CookieName = "joborchestrator-session";
    private const string KeyClaim = "joborchestrator.key";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public static ClaimsPrincipal PrincipalOf(Caller caller, int keyId)
    {
        var principal = caller.ToPrincipal(SchemeName);
        ((ClaimsIdentity)principal.Identity!).AddClaim(new Claim(KeyClaim, keyId.ToString(CultureInfo.InvariantCulture)));
        return principal;
    }

    public static bool IsIn(HttpRequest request) => request.Cookies.ContainsKey(CookieName);

    public static void AddSessionCookie(this AuthenticationBuilder schemes) => schemes.AddCookie(SchemeName, cookie =>
    {
        cookie.Cookie.Name = CookieName;
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Strict;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.ExpireTimeSpan = Lifetime;
        cookie.SlidingExpiration = true;
        cookie.Events = new CookieAuthenticationEvents
        {
            OnValidatePrincipal = async context =>
            {
                var id = int.Parse(context.Principal!.FindFirst(KeyClaim)!.Value, CultureInfo.InvariantCulture);
                var keys = context.HttpContext.RequestServices.GetRequiredService<ApiKeys>();
                if (!await keys.IsValidAsync(id, context.HttpContext.RequestAborted))
                {
                    context.RejectPrincipal();
                }
            },
            OnRedirectToLogin = context => ChallengeAsync(context.HttpContext),
            OnRedirectToAccessDenied = context => AccessHandler.RefuseAsync(
                context.HttpContext, StatusCodes.Status403Forbidden, $"'{Caller.From(context.HttpContext.User).Name}' may not do this; it needs a key of a higher role"),
        };
    });

    /// <summary>Leads a browser to the login page, and tells a program that it needs a key.</summary>
    public static Task ChallengeAsync(HttpContext context)
    {
        if (UiModule.IsPage(context.Request))
        {
            context.Response.Redirect($"{UiModule.LoginPath}?returnTo={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
            return Task.CompletedTask;
        }

        return AccessHandler.RefuseAsync(context, StatusCodes.Status401Unauthorized, AccessHandler.TokenOf(context.Request) is null
            ? "This needs a key: send it as 'Authorization: Bearer <key>'"
            : "The key is not known, has expired or was revoked; ask the operator for another");
    }
}
