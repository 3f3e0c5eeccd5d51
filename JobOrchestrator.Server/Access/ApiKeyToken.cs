using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace JobOrchestrator.Server.Access;

/// <summary>A key as its owner sees it: <c>jok_&lt;id&gt;_&lt;secret&gt;</c>. The prefix lets scanners of leaked secrets recognise it.</summary>
internal static class ApiKeyToken
{
    public const string Prefix = "jok_";
    private const int SecretBytes = 32;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static byte[] Hash(ReadOnlySpan<byte> secret) => SHA256.HashData(secret);

    public static string Format(int id, ReadOnlySpan<byte> secret) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{id}_{Base64Url.EncodeToString(secret)}");

    public static bool TryParse(string token, out int id, [NotNullWhen(true)] out byte[]? secret)
    {
        secret = null;
        id = 0;
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var separator = token.IndexOf('_', Prefix.Length);
        if (separator < 0 || !int.TryParse(token.AsSpan(Prefix.Length..separator), NumberStyles.None, CultureInfo.InvariantCulture, out id))
        {
            return false;
        }

        var bytes = new byte[SecretBytes];
        if (Base64Url.DecodeFromChars(token.AsSpan(separator + 1), bytes, out _, out var written) != OperationStatus.Done || written != SecretBytes)
        {
            return false;
        }

        secret = bytes;
        return true;
    }
}
