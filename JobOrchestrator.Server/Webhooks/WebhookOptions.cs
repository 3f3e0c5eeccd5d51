using System.Net;
using System.Text;
using JobOrchestrator.Contracts;

namespace JobOrchestrator.Server.Webhooks;

/// <summary>Whether and where job ends are reported.</summary>
internal sealed record WebhookOptions
{
    /// <summary><c>WEBHOOK_SECRET</c>, or <c>WEBHOOK_SECRET_FILE</c>: signs the reports; null switches webhooks off.</summary>
    public byte[]? Secret { get; init; }

    /// <summary><c>WEBHOOK_NETWORKS</c>: networks that may be called although they are private.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static WebhookOptions Load(IConfiguration configuration, List<string> errors)
    {
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

        var secret = SecretSetting.Load("WEBHOOK_SECRET", key => configuration[key], errors);
        return new WebhookOptions { Secret = secret is null ? null : Encoding.UTF8.GetBytes(secret), Networks = networks };
    }
}
