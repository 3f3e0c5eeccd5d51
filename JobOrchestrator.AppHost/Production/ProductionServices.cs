namespace JobOrchestrator.AppHost.Production;

/// <summary>How each resource of the model is published: one method per service.</summary>
internal static class ProductionServices
{
    public const int ServerPort = 5000;
    public const int ClientPort = 9000;

    /// <summary>What still runs then is killed with its container and runs again elsewhere, so it is worth a wait.</summary>
    public const string ClientDrainSeconds = "60";

    /// <summary>Where the server finds all clients. A plain text: an interpolated one would mean an expression to Aspire.</summary>
    public static string ClientAddress { get; } = $"http://client:{ClientPort}";

    /// <summary>User and group of the server and of the clients; the images make <c>/data</c> theirs.</summary>
    public const string User = "10001:10001";

    private const int GrafanaPort = 3000;

    private static readonly (string Name, string Value)[] GrafanaSettings =
    [
        ("GF_SERVER_ROOT_URL", "%(protocol)s://%(domain)s:%(http_port)s/grafana/"),
        ("GF_SERVER_SERVE_FROM_SUB_PATH", "true"),
        ("GF_AUTH_ANONYMOUS_ENABLED", "false"),
        ("GF_USERS_ALLOW_SIGN_UP", "false"),
        ("GF_SECURITY_COOKIE_SECURE", "true"),
        ("GF_SECURITY_CONTENT_SECURITY_POLICY", "true"), // the proxy's would not let its pages work
        ("GF_SECURITY_DISABLE_GRAVATAR", "true"),
        ("GF_LIVE_MAX_CONNECTIONS", "0"), // the proxy passes no WebSockets on
        ("GF_SNAPSHOTS_EXTERNAL_ENABLED", "false"),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false"),
        ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false"),
        ("GF_NEWS_NEWS_FEED_ENABLED", "false"),
        ("GF_PLUGINS_PREINSTALL_DISABLED", "true"),
        ("GF_LOG_MODE", "console"),
        ("GF_LOG_CONSOLE_FORMAT", "json"),
    ];

    private const string Otlp = "http://prometheus:9090/api/v1/otlp/v1/metrics";

    public static void Server(Service service)
    {
        service.Harden(User, ProductionSettings.Reference("SERVER_CPUS"), ProductionSettings.Reference("SERVER_MEMORY"), stopGrace: "60s")
            .WithHealthCheck("dotnet", "JobOrchestrator.Server.dll", "healthcheck")
            .WithNamedVolume("server-data", "/data");
        service.Image = ProductionSettings.Reference("SERVER_IMAGE");
        service.Init = true;
        service.Ports = [];
        service.Expose = [$"{ServerPort}"];
        service.Networks = [ProductionNetworks.Web, ProductionNetworks.Clients, ProductionNetworks.Metrics];
        service.Environment["TRUSTED_PROXIES"] = ProductionSettings.Reference(ProductionSettings.WebSubnet);
        AddEnvironment(service);
    }

    /// <summary>
    /// All replicas have one volume; each takes a numbered directory of its own in it. The time to stop is longer than a drain and than the grace of
    /// jobs that do not end by themselves.
    /// </summary>
    public static void Client(Service service, int replicas)
    {
        service.Harden(User, ProductionSettings.Reference("CLIENT_CPUS"), ProductionSettings.Reference("CLIENT_MEMORY"), stopGrace: "120s")
            .WithHealthCheck("dotnet", "JobOrchestrator.Client.dll", "healthcheck")
            .WithNamedVolume("client-data", "/data");
        service.Image = ProductionSettings.Reference("CLIENT_IMAGE");
        service.Init = true; // stray processes of jobs end up as children of process 1, which must reap them
        service.Deploy!.Replicas = replicas;
        service.Ports = [];
        service.Expose = [$"{ClientPort}"];
        service.Networks = [ProductionNetworks.Clients];
        AddEnvironment(service);
    }

    /// <summary>The only service with ports on the host.</summary>
    public static void Proxy(Service service)
    {
        service.Harden("101:101", cpus: "1", memory: "256M", stopGrace: "60s")
            .WithHealthCheck("wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/proxy-health")
            .WithConfiguration("nginx", "/etc/joborchestrator")
            .WithConfiguration("certificates", "/etc/joborchestrator-certificates");
        service.Entrypoint = ["/bin/sh", "/etc/joborchestrator/start.sh"];
        service.Environment["PROXY_DOCS_ALLOW"] = ProductionSettings.Reference("PROXY_DOCS_ALLOW");
        service.Environment["PROXY_GRAFANA_ALLOW"] = ProductionSettings.Reference("PROXY_GRAFANA_ALLOW");
        service.Ports = [$"{ProductionSettings.Reference("HTTPS_PORT")}:8443", $"{ProductionSettings.Reference("HTTP_PORT")}:8080"];
        service.Networks = [ProductionNetworks.Edge, ProductionNetworks.Web, ProductionNetworks.Dashboards];
        service.DependsOn["server"] = new ServiceDependency { Condition = "service_healthy" };
    }

    /// <summary>Takes metrics by OTLP from the server and the clients, which nobody then needs to find and scrape.</summary>
    public static void Prometheus(Service service)
    {
        service.Harden("65534:65534", cpus: "1", memory: "2G", stopGrace: "60s")
            .WithHealthCheck("promtool", "check", "healthy", "--url=http://127.0.0.1:9090")
            .WithConfiguration("prometheus", "/etc/prometheus")
            .WithNamedVolume("prometheus-data", "/prometheus");
        service.Command =
        [
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=30d",
            "--storage.tsdb.retention.size=8GB",
            "--web.enable-otlp-receiver",
        ];
        service.Expose = ["9090"];
        service.Networks = [ProductionNetworks.Clients, ProductionNetworks.Metrics];
    }

    /// <summary>
    /// Shows what Prometheus keeps. It has no way out, so whatever it would fetch or report stays off; everybody signs in, and only the proxy, where the
    /// operator opens it, leads there.
    /// </summary>
    public static void Grafana(Service service)
    {
        service.Harden("472:472", cpus: "1", memory: "512M", stopGrace: "60s")
            .WithHealthCheck("wget", "-q", "-O", "/dev/null", $"http://127.0.0.1:{GrafanaPort}/api/health")
            .WithConfiguration("grafana", "/etc/grafana/provisioning")
            .WithNamedVolume("grafana-data", "/var/lib/grafana");
        service.Environment["GF_SECURITY_ADMIN_PASSWORD"] = ProductionSettings.Reference(ProductionSettings.GrafanaPassword);
        foreach (var (name, value) in GrafanaSettings)
        {
            service.Environment[name] = value;
        }

        service.Expose = [$"{GrafanaPort}"];
        service.Networks = [ProductionNetworks.Metrics, ProductionNetworks.Dashboards];
    }

    private static void AddEnvironment(Service service)
    {
        // Aspire's default is to believe the forwarding headers of whoever sends them.
        service.Environment.Remove("ASPNETCORE_FORWARDEDHEADERS_ENABLED");
        service.Environment["CLIENT_SECRET"] = ProductionSettings.Reference(ProductionSettings.ClientSecret);
        service.Environment["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = Otlp;
        service.Environment["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = "http/protobuf";
        service.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "15000";

        // The runtime's diagnostics socket would let a job of the same user look into the process.
        service.Environment["DOTNET_EnableDiagnostics"] = "0";
    }
}
