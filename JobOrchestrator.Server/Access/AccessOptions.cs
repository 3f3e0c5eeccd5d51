using System.Globalization;
using System.Net;

namespace JobOrchestrator.Server.Access;

/// <summary>Who is let in, and how callers prove who they are.</summary>
internal sealed record AccessOptions
{
    public const string DefaultRoleClaim = "roles";
    public const int DefaultRequestsPerSecond = 200;
    public const int DefaultUploadsAtOnce = 32;
    private const int MaxLimit = 1_000_000;
    public const string DefaultAdminRole = "joborchestrator-admin";

    /// <summary><c>AUTH</c>: whether callers must prove who they are. Off only when said so.</summary>
    public required bool Required { get; init; }

    /// <summary><c>AUTH_CLASSIC</c>: whether the classic surface asks for it too.</summary>
    public required bool ClassicRequired { get; init; }

    /// <summary><c>OIDC_AUTHORITY</c>: the identity provider whose tokens are accepted; null for none.</summary>
    public Uri? OidcAuthority { get; init; }

    /// <summary><c>OIDC_AUDIENCE</c>: whom its tokens must be meant for.</summary>
    public string? OidcAudience { get; init; }

    /// <summary><c>OIDC_ROLE_CLAIM</c>: the claim that lists a token's roles.</summary>
    public required string OidcRoleClaim { get; init; }

    /// <summary><c>OIDC_ADMIN_ROLE</c>: the role that makes its holder an administrator.</summary>
    public required string OidcAdminRole { get; init; }

    /// <summary><c>AUDIT_PATH</c>: directory of the audit log; null for <c>audit</c> below <c>DATA_PATH</c>.</summary>
    public string? AuditPath { get; init; }

    /// <summary><c>RATE_LIMIT</c>: requests a second of one caller; 0 for no limit.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary><c>UPLOADS_AT_ONCE</c>: uploads of one caller at a time; 0 for no limit.</summary>
    public int UploadsAtOnce { get; init; }

    /// <summary><c>TRUSTED_PROXIES</c>: whose word on where a request comes from is taken.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static AccessOptions Load(IConfiguration configuration, List<string> errors)
    {
        var required = Switch("AUTH", "on", "off");
        var options = new AccessOptions
        {
            Required = required,
            ClassicRequired = Switch("AUTH_CLASSIC", "on", "open"),
            OidcAuthority = Authority(),
            OidcAudience = Text("OIDC_AUDIENCE"),
            OidcRoleClaim = Text("OIDC_ROLE_CLAIM") ?? DefaultRoleClaim,
            OidcAdminRole = Text("OIDC_ADMIN_ROLE") ?? DefaultAdminRole,
            AuditPath = Text("AUDIT_PATH"),
            RequestsPerSecond = Number("RATE_LIMIT", required ? DefaultRequestsPerSecond : 0),
            UploadsAtOnce = Number("UPLOADS_AT_ONCE", required ? DefaultUploadsAtOnce : 0),
            TrustedProxies = Proxies(),
        };
        if (options is { OidcAuthority: not null, OidcAudience: null })
        {
            errors.Add("OIDC_AUTHORITY is set without OIDC_AUDIENCE: name whom the tokens must be meant for, or tokens for any other program would be accepted.");
        }

        return options;

        string? Text(string key) => configuration[key] is { Length: > 0 } text ? text : null;

        int Number(string key, int fallback)
        {
            if (Text(key) is not { } text)
            {
                return fallback;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaxLimit)
            {
                return number;
            }

            errors.Add($"{key} is '{text}', but must be a whole number from 0 to {MaxLimit}.");
            return fallback;
        }

        IReadOnlyList<IPNetwork> Proxies()
        {
            var networks = new List<IPNetwork>();
            foreach (var text in (Text("TRUSTED_PROXIES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (Access.TrustedProxies.TryParse(text, out var network))
                {
                    networks.Add(network);
                }
                else
                {
                    errors.Add($"TRUSTED_PROXIES contains '{text}', which is neither an address nor a network such as 10.0.0.0/8.");
                }
            }

            return networks;
        }

        bool Switch(string key, string on, string off)
        {
            var text = Text(key) ?? on;
            if (text.Equals(off, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            if (!text.Equals(on, StringComparison.OrdinalIgnoreCase))
            {
                errors.Add($"{key} is '{text}', but must be {on} or {off}.");
            }

            return true;
        }

        Uri? Authority()
        {
            if (Text("OIDC_AUTHORITY") is not { } text)
            {
                return null;
            }

            // Keys fetched in plain text could be anybody's; a provider on this machine is for trials.
            if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri is { Scheme: "http", IsLoopback: true }))
            {
                return uri;
            }

            errors.Add($"OIDC_AUTHORITY is '{text}', but must be an https address (http only on this machine).");
            return null;
        }
    }
}
