namespace JobOrchestrator.AppHost.Production;

/// <summary>What the operator decides in the <c>.env</c> file beside the compose file. Every line there starts empty: no secret is ever published.</summary>
internal static class ProductionSettings
{
    public const string WebSubnet = "WEB_SUBNET";
    public const string ClientSecret = "JOBORCHESTRATOR_CLIENT_SECRET";

    public const string GrafanaPassword = "GRAFANA_ADMIN_PASSWORD";

    private static readonly ProductionSetting[] All =
    [
        new("SERVER_IMAGE", "joborchestrator-server:0.1.0", "Image of the server"),
        new("CLIENT_IMAGE", "joborchestrator-client:0.1.0", "Image of the clients; a group's own tools go into an image built FROM it"),
        new("HTTPS_PORT", "443", "Port of the host on which the proxy answers HTTPS"),
        new("HTTP_PORT", "80", "Port of the host on which the proxy sends browsers to HTTPS"),
        new("PROXY_DOCS_ALLOW", "", "Addresses and networks that may see the interactive documentation, separated by spaces; nobody when empty"),
        new("PROXY_GRAFANA_ALLOW", "", "Addresses and networks that may reach Grafana at /grafana/, separated by spaces; nobody when empty"),
        new("SERVER_CPUS", "2", "CPUs of the server"),
        new("SERVER_MEMORY", "2G", "Memory of the server"),
        new("CLIENT_CPUS", "4", "CPUs of each client, which are its slots too"),
        new("CLIENT_MEMORY", "8G", "Memory of each client, its jobs included"),
        new(WebSubnet, "10.213.71.0/24", "Addresses of the network between proxy and server; any private ones this host does not use"),
        new(ClientSecret, null, "Required. The secret the server shows to the clients; make one with: openssl rand -hex 32"),
        new(GrafanaPassword, null, "Required. Password of Grafana's user admin from its first start on; make one with: openssl rand -hex 16"),
    ];

    /// <summary>How the compose file refers to a setting: with its default, or refusing to start without it.</summary>
    public static string Reference(string name)
    {
        var setting = All.Single(s => s.Name == name);
        return setting.Default is null ? $"${{{name}:?set it in .env}}" : $"${{{name}:-{setting.Default}}}";
    }

    /// <summary>A value of the compose file as it is when the operator sets nothing.</summary>
    public static string WithDefaults(string value) => All.Aggregate(value, (text, s) => text.Replace(Reference(s.Name), s.Default, StringComparison.Ordinal));

    /// <summary>Documents the lines of the <c>.env</c> file, those the host captured itself among them.</summary>
    public static void Describe(IDictionary<string, CapturedEnvironmentVariable> variables)
    {
        foreach (var setting in All)
        {
            if (!variables.TryGetValue(setting.Name, out var variable))
            {
                variables[setting.Name] = variable = new CapturedEnvironmentVariable { Name = setting.Name, DefaultValue = setting.Default };
            }

            variable.Description = string.IsNullOrEmpty(setting.Default) ? setting.Description : $"{setting.Description}; {setting.Default} when empty";
        }
    }
}
