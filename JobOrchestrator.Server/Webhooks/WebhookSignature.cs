using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace JobOrchestrator.Server.Webhooks;

/// <summary>How a receiver knows that a report is ours and not an old one: HMAC-SHA256 with the shared secret over <c>timestamp.body</c>.</summary>
internal static class WebhookSignature
{
    /// <summary><c>t=&lt;seconds since 1970&gt;,v1=&lt;signature in hex&gt;</c>.</summary>
    public const string HeaderName = "JobOrchestrator-Signature";

    public static string Sign(byte[] secret, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp + "."), .. body];
        return $"t={timestamp},v1={Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed))}";
    }
}
