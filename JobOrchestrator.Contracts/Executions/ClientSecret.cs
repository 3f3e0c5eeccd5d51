using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace JobOrchestrator.Contracts.Executions;

/// <summary>
/// What server and client nodes of one installation both know: <c>CLIENT_SECRET</c>, or the content of the file <c>CLIENT_SECRET_FILE</c> names.
/// A client obeys only who shows it, as <c>Authorization: Bearer …</c>. Whoever may call a client can run programs on it.
/// </summary>
public sealed class ClientSecret
{
    public const string Setting = "CLIENT_SECRET";
    private const string Scheme = "Bearer";

    private readonly string _secret;
    private readonly byte[] _hash;

    private ClientSecret(string secret)
    {
        _secret = secret;
        _hash = Hash($"{Scheme} {secret}");
    }

    /// <summary>What the server sends.</summary>
    public AuthenticationHeaderValue Header => new(Scheme, _secret);

    /// <summary>Reads it; every problem is added to <paramref name="errors"/>. Null when none is set.</summary>
    public static ClientSecret? Load(Func<string, string?> setting, List<string> errors) =>
        SecretSetting.Load(Setting, setting, errors) is { } secret ? new ClientSecret(secret) : null;

    /// <summary>Whether a request's <c>Authorization</c> header shows it; takes as long for a wrong one as for the right one.</summary>
    public bool IsIn(string? authorization) =>
        authorization is not null && CryptographicOperations.FixedTimeEquals(Hash(authorization), _hash);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
