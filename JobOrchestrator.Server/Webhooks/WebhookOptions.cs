using System.Net;
using System.Text;

namespace JobOrchestrator.Server.Webhooks;

/// <summary>Whether and where job ends are reported.</summary>
internal sealed record WebhookOptions
{
    private const int MinSecretLength = 16;

    /// <summary><c>WEBHOOK_SECRET</c>: signs the reports; null switches webhooks off.</summary>
    public byte[]? Secret { get; init; }

    /// <summary><c>WEBHOOK_NETWORKS</c>: networks that may be called although they are private.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static WebhookOptions Load(IConfiguration configuration, List<string> errors)
    {
        var secret = configuration["WEBHOOK_SECRET"];
        if (secret is { Length: > 0 and < MinSecretLength })
        {
            errors.Add($"WEBHOOK_SECRET has {secret.Length} characters, but must have at least {MinSecretLength}; make one with: openssl rand -hex 32");
        }

        var networks = new List<IPNetwork>();
        foreach (var text in (configuration["WEBHOOK_NETWORKS"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else
            {
                errors.Add($"WEBHOOK_NETWORKS contains '{text}', which is no network such as 10.0.0.0/8.");
            }
        }

        return new WebhookOptions { Secret = secret is { Length: > 0 } ? Encoding.UTF8.GetBytes(secret) : null, Networks = networks };
    }
}
