using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace JobOrchestrator.Server.Access;

/// <summary>Registers who is let in, and puts the gate into the path of requests.</summary>
internal static partial class AccessModule
{
    private const string AnyScheme = "any";

    public static void AddAccess(this IServiceCollection services, AccessOptions options, ServerOptions server)
    {
        // Beside the data, for a container's root file system is read-only and gone with the container.
        services.AddDataProtection().SetApplicationName("JobOrchestrator")
            .PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(server.DataPath, "keys")));
        services.AddSingleton(options).AddSingleton<ApiKeys>().AddSingleton<OidcUsers>().AddSingleton<AuditLog>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditLog>());
        var schemes = services.AddAuthentication(AnyScheme)
            .AddScheme<AuthenticationSchemeOptions, AccessHandler>(AccessHandler.SchemeName, null)
            .AddPolicyScheme(AnyScheme, null, policy => policy.ForwardDefaultSelector = context =>
                options is { Required: true, OidcAuthority: not null } && IsJwt(AccessHandler.TokenOf(context.Request))
                    ? OidcSetup.SchemeName
                    : options.Required && AccessHandler.TokenOf(context.Request) is null && SessionCookie.IsIn(context.Request)
                        ? SessionCookie.SchemeName
                        : AccessHandler.SchemeName);
        schemes.AddSessionCookie();
        if (options is { Required: true, OidcAuthority: not null })
        {
            schemes.AddJwtBearer(OidcSetup.SchemeName);
            services.AddSingleton<IConfigureOptions<JwtBearerOptions>, OidcSetup>();
        }

        var authorization = services.AddAuthorizationBuilder();
        foreach (var role in Enum.GetNames<Role>())
        {
            authorization.AddPolicy(role, policy => policy.RequireRole(role));
        }

        if (options.Required)
        {
            // A route nobody wrote a rule for is nobody's. What is no route (an unknown path, a page of the interactive docs) needs no rule.
            authorization.SetFallbackPolicy(new AuthorizationPolicyBuilder()
                .RequireAssertion(context => context.Resource is HttpContext http && http.GetEndpoint() is null).Build());
        }
    }

    /// <summary>After routing, before the endpoints.</summary>
    public static void UseAccess(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<AccessOptions>();
        if (!options.Required)
        {
            Log.Off(app.Logger);
        }
        else if (!options.ClassicRequired)
        {
            Log.ClassicOpen(app.Logger);
        }

        app.UseTrustedProxies();
        app.UseAuthentication();
        app.UseMiddleware<AuditMiddleware>();
        app.UseAbuseLimits();
        app.UseAuthorization();
    }

    private static bool IsJwt(string? token) =>
        token is not null && !token.StartsWith(ApiKeyToken.Prefix, StringComparison.Ordinal) && token.Count(c => c == '.') == 2;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Authentication is off (AUTH=off): whoever reaches this server may submit, see and cancel everybody's jobs")]
        public static partial void Off(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The classic surface is open (AUTH_CLASSIC=open): whoever reaches it may submit, see and cancel everybody's jobs")]
        public static partial void ClassicOpen(ILogger logger);
    }
}
