using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace JobOrchestrator.Server.Webhooks;

/// <summary>Which addresses a user may have this server call: none that only this server's place in the network lets it reach.</summary>
internal sealed class CallbackAddress(WebhookOptions options)
{
    /// <summary>Everything that is not the public internet: this host, private and shared networks, link-local, multicast, reserved, documentation.</summary>
    private static readonly IPNetwork[] NotPublic =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "ff00::/8",
        ]).Select(IPNetwork.Parse),
    ];

    /// <summary>Whether it is an address a report may be sent to at all; what its name stands for is looked at when it is called.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? problem)
    {
        problem = !Uri.TryCreate(text, UriKind.Absolute, out address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0
            ? "it must be an http or https address"
            : address.UserInfo.Length > 0 ? "it must not contain a user name or password" : null;
        return problem is null;
    }

    public bool IsAllowed(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return options.Networks.Any(n => n.Contains(plain)) || !NotPublic.Any(n => n.Contains(plain));
    }

    /// <summary>
    /// Connects to an allowed address of the host. The address that was looked at is the one that is connected to, so a name that stands for
    /// something else a moment later gains nothing.
    /// </summary>
    /// <exception cref="HttpRequestException">The host has no allowed address, or none answers.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = addresses.Where(IsAllowed).ToArray();
        if (allowed.Length == 0)
        {
            throw new HttpRequestException($"{host} is at {string.Join(", ", addresses.AsEnumerable())}, which is not public and not among WEBHOOK_NETWORKS");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
