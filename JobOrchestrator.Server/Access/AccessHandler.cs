using System.Text.Encodings.Web;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace JobOrchestrator.Server.Access;

/// <summary>Lets in who shows an API key (<c>Authorization: Bearer jok_…</c>), and everybody where authentication is off. Words every refusal.</summary>
internal sealed class AccessHandler(
    ApiKeys keys, AccessOptions access, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "key";
    private const string BearerPrefix = "Bearer ";

    /// <summary>What follows <c>Bearer</c>; null without such a header.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? header[BearerPrefix.Length..].Trim()
            : null;

    /// <summary>Answers that a caller must prove who it is, or may not do this; <paramref name="message"/> says how to mend it.</summary>
    public static async Task RefuseAsync(HttpContext context, int statusCode, string message)
    {
        if (statusCode == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        }

        if (V1Api.Owns(context.Request))
        {
            await V1Errors.WriteAsync(context, ProblemKind.OfRefusal(statusCode), message);
        }
        else
        {
            context.Response.StatusCode = statusCode;
            await context.Response.WriteAsJsonAsync(
                new StatusBody(0, ClassicStatus.Unknown, message), ContractsJson.Default.StatusBody, cancellationToken: context.RequestAborted);
        }
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!access.Required)
        {
            return Success(Caller.Anybody);
        }

        if (TokenOf(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        return await keys.FindAsync(token, Context.RequestAborted) is { } key
            ? Success(new Caller(key.Name, key.Role, key.UserId))
            : AuthenticateResult.Fail("The key is not known, has expired or was revoked.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => SessionCookie.ChallengeAsync(Context);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => RefuseAsync(
        Context, StatusCodes.Status403Forbidden, $"'{Caller.From(Context.User).Name}' may not do this; it needs a key of a higher role");

    private AuthenticateResult Success(Caller caller) =>
        AuthenticateResult.Success(new AuthenticationTicket(caller.ToPrincipal(Scheme.Name), Scheme.Name));
}
