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
    public const string FileSetting = "CLIENT_SECRET_FILE";
    private const int MinLength = 16;
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
    public static ClientSecret? Load(Func<string, string?> setting, List<string> errors)
    {
        var (direct, file) = (setting(Setting), setting(FileSetting));
        if (string.IsNullOrEmpty(file))
        {
            return string.IsNullOrEmpty(direct) ? null : Check(direct, Setting, errors);
        }

        if (!string.IsNullOrEmpty(direct))
        {
            errors.Add($"{Setting} and {FileSetting} are both set; keep one.");
            return null;
        }

        try
        {
            return Check(File.ReadAllText(file).Trim(), FileSetting, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{FileSetting} is '{file}', which cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>Whether a request's <c>Authorization</c> header shows it; takes as long for a wrong one as for the right one.</summary>
    public bool IsIn(string? authorization) =>
        authorization is not null && CryptographicOperations.FixedTimeEquals(Hash(authorization), _hash);

    private static ClientSecret? Check(string secret, string source, List<string> errors)
    {
        if (secret.Length >= MinLength && secret.All(c => c is > ' ' and < '\x7f'))
        {
            return new ClientSecret(secret);
        }

        errors.Add($"{source} must be {MinLength} or more visible ASCII characters without blanks; make one with: openssl rand -hex 32");
        return null;
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
