using JobOrchestrator.Server.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;

namespace JobOrchestrator.Server.Ui;

/// <summary>Logging in to the web page with a key, and out again. The session is a cookie no script can read and no other site can send.</summary>
internal static class SessionEndpoints
{
    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/ui/session", (Delegate)LogInAsync).ForAnybody().ExcludeFromDescription();
        routes.MapPost("/ui/session/end", (Delegate)LogOutAsync).ForAnybody().ExcludeFromDescription();
    }

    private static async Task<IResult> LogInAsync([FromForm] string? key, [FromForm] string? returnTo, HttpContext context, ApiKeys keys)
    {
        if (await keys.FindAsync(key?.Trim() ?? "", context.RequestAborted) is not { } found)
        {
            return TypedResults.LocalRedirect($"{UiModule.LoginPath}?wrong=true&returnTo={Uri.EscapeDataString(returnTo ?? "")}");
        }

        var caller = new Caller(found.Name, found.Role, found.UserId);
        await context.SignInAsync(SessionCookie.SchemeName, SessionCookie.PrincipalOf(caller, found.Id));
        return TypedResults.LocalRedirect(returnTo is not null && returnTo.StartsWith(UiModule.Prefix + "/", StringComparison.Ordinal) ? returnTo : UiModule.Prefix);
    }

    private static async Task<IResult> LogOutAsync(HttpContext context)
    {
        await context.SignOutAsync(SessionCookie.SchemeName);
        return TypedResults.LocalRedirect(UiModule.LoginPath);
    }
}
