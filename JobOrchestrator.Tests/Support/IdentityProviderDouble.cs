using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace JobOrchestrator.Tests.Support;

/// <summary>An OpenID Connect provider as far as a resource server sees one: its discovery document, its keys, tokens it signed.</summary>
internal sealed class IdentityProviderDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RSA _key;
    private readonly RSA _stranger = RSA.Create(2048);

    private IdentityProviderDouble(WebApplication app, RSA key) => (_app, _key) = (app, key);

    public string Issuer => _app.Urls.First();

    public static async Task<IdentityProviderDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var key = RSA.Create(2048);
        var parameters = key.ExportParameters(false);
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = app.Urls.First(),
            jwks_uri = app.Urls.First() + "/keys",
        }));
        app.MapGet("/keys", () => Results.Json(new
        {
            keys = new[]
            {
                new { kty = "RSA", use = "sig", kid = "1", alg = "RS256", n = Base64UrlEncoder.Encode(parameters.Modulus), e = Base64UrlEncoder.Encode(parameters.Exponent) },
            },
        }));
        await app.StartAsync();
        return new IdentityProviderDouble(app, key);
    }

    public string Token(string subject, string audience, string[]? roles = null, TimeSpan? validFor = null, bool forged = false, bool unsigned = false)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var expires = now + (validFor ?? TimeSpan.FromMinutes(5));
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = audience,
            IssuedAt = expires - TimeSpan.FromMinutes(10),
            NotBefore = expires - TimeSpan.FromMinutes(10),
            Expires = expires,
            Claims = new Dictionary<string, object> { ["sub"] = subject, ["roles"] = roles ?? [] },
            SigningCredentials = unsigned
                ? null
                : new SigningCredentials(new RsaSecurityKey(forged ? _stranger : _key) { KeyId = "1" }, SecurityAlgorithms.RsaSha256),
        };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _stranger.Dispose();
    }
}
