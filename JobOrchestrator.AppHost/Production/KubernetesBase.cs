using System.Globalization;
using YamlDotNet.Serialization;

namespace JobOrchestrator.AppHost.Production;

/// <summary>
/// The same model as a kustomize base: the server, the clients behind one headless name, and who may talk to whom. What a cluster brings itself stays
/// out: ingress instead of our proxy, its own Prometheus. User, capabilities, limits, environment and times are those of the compose services.
/// </summary>
internal sealed class KubernetesBase(ComposeFile compose)
{
    private const string SecretName = "joborchestrator";

    private static readonly ISerializer Yaml = new SerializerBuilder()
        .WithQuotingNecessaryStrings(quoteYaml1_1Strings: true).WithIndentedSequences().DisableAliases().WithNewLine("\n").Build();

    public void Write(string directory)
    {
        var server = compose.Services["server"];
        var client = compose.Services["client"];
        var files = new SortedDictionary<string, object[]>(StringComparer.Ordinal)
        {
            ["client.yaml"] = [HeadlessService(client), StatefulSet(client), DisruptionBudget(client)],
            ["network-policy.yaml"] = [ServerPolicy(server, client), ClientPolicy(server, client)],
            ["server.yaml"] = [ClusterService(server), Claim("server-data", "50Gi"), Deployment(server)],
        };
        Directory.CreateDirectory(directory);
        foreach (var (name, documents) in files)
        {
            Save(name, documents);
        }

        Save("kustomization.yaml", new Dictionary<string, object>
        {
            ["apiVersion"] = "kustomize.config.k8s.io/v1beta1",
            ["kind"] = "Kustomization",
            ["resources"] = files.Keys.ToArray(),
        });

        // Not among the resources: it needs an adapter that serves the metric.
        Save("autoscaler.example.yaml", Autoscaler(client));

        void Save(string name, params object[] documents) => File.WriteAllText(
            Path.Combine(directory, name),
            "# Written by \"publish\" from JobOrchestrator.AppHost/AppHost.cs; change it in an overlay of your own.\n" + string.Join("---\n", documents.Select(Yaml.Serialize)));
    }

    private static Dictionary<string, object> Resource(string apiVersion, string kind, string name, object spec) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = new Dictionary<string, object> { ["name"] = name, ["labels"] = Labels(name) },
        ["spec"] = spec,
    };

    private static Dictionary<string, object> Labels(string name) => new()
    {
        ["app.kubernetes.io/name"] = name.StartsWith("client", StringComparison.Ordinal) ? "client" : "server",
        ["app.kubernetes.io/part-of"] = "joborchestrator",
    };

    private static Dictionary<string, object> Selector(string name) => new() { ["matchLabels"] = Labels(name) };

    private static Dictionary<string, object> ClusterService(Service service) => Resource("v1", "Service", service.Name, new Dictionary<string, object>
    {
        ["selector"] = Labels(service.Name),
        ["ports"] = new[] { Port(service) },
    });

    /// <summary>No address of its own: the name stands for all replicas, as with compose. One that is not ready is not given work anyway.</summary>
    private static Dictionary<string, object> HeadlessService(Service service) => Resource("v1", "Service", service.Name, new Dictionary<string, object>
    {
        ["clusterIP"] = "None",
        ["publishNotReadyAddresses"] = true,
        ["selector"] = Labels(service.Name),
        ["ports"] = new[] { Port(service) },
    });

    private static Dictionary<string, object> Port(Service service) => new() { ["name"] = "http", ["port"] = Number(service.Expose[0]), ["targetPort"] = "http" };

    /// <summary>One server: the database is a file, and two writers would be one too many. So the old one goes before the new one comes.</summary>
    private static Dictionary<string, object> Deployment(Service service) => Resource("apps/v1", "Deployment", service.Name, new Dictionary<string, object>
    {
        ["replicas"] = 1,
        ["strategy"] = new Dictionary<string, object> { ["type"] = "Recreate" },
        ["selector"] = Selector(service.Name),
        ["template"] = Pod(service, new Dictionary<string, object>
        {
            ["name"] = "data",
            ["persistentVolumeClaim"] = new Dictionary<string, object> { ["claimName"] = "server-data" },
        }),
    });

    private static Dictionary<string, object> StatefulSet(Service service) => Resource("apps/v1", "StatefulSet", service.Name, new Dictionary<string, object>
    {
        ["serviceName"] = service.Name,
        ["replicas"] = service.Deploy!.Replicas ?? 1,
        ["podManagementPolicy"] = "Parallel",
        ["selector"] = Selector(service.Name),
        ["template"] = Pod(service, volume: null),
        ["volumeClaimTemplates"] = new[] { Claim("data", "20Gi") },
    });

    private static Dictionary<string, object> Claim(string name, string size)
    {
        var claim = Resource("v1", "PersistentVolumeClaim", name, new Dictionary<string, object>
        {
            ["accessModes"] = List("ReadWriteOnce"),
            ["resources"] = new Dictionary<string, object> { ["requests"] = new Dictionary<string, object> { ["storage"] = size } },
        });
        if (name == "data")
        {
            // A template's claims are named and labelled by their set.
            claim["metadata"] = new Dictionary<string, object> { ["name"] = name };
        }

        return claim;
    }

    private static Dictionary<string, object> Pod(Service service, Dictionary<string, object>? volume)
    {
        var (user, group) = (Number(service.User!.Split(':')[0]), Number(service.User.Split(':')[1]));
        var scratch = new Dictionary<string, object>
        {
            ["name"] = "scratch",
            ["emptyDir"] = new Dictionary<string, object> { ["medium"] = "Memory", ["sizeLimit"] = "64Mi" },
        };
        return new Dictionary<string, object>
        {
            ["metadata"] = new Dictionary<string, object> { ["labels"] = Labels(service.Name) },
            ["spec"] = new Dictionary<string, object>
            {
                ["automountServiceAccountToken"] = false,
                ["enableServiceLinks"] = false,
                ["terminationGracePeriodSeconds"] = Number(service.StopGracePeriod!.TrimEnd('s')),
                ["securityContext"] = new Dictionary<string, object>
                {
                    ["runAsNonRoot"] = true,
                    ["runAsUser"] = user,
                    ["runAsGroup"] = group,
                    ["fsGroup"] = group,
                    ["fsGroupChangePolicy"] = "OnRootMismatch",
                    ["seccompProfile"] = new Dictionary<string, object> { ["type"] = "RuntimeDefault" },
                },
                ["containers"] = new[] { Container(service) },
                ["volumes"] = volume is null ? new[] { scratch } : [volume, scratch],
            },
        };
    }

    private static Dictionary<string, object> Container(Service service)
    {
        var limits = service.Deploy!.Resources!.Limits!;
        var resources = new Dictionary<string, object>
        {
            ["cpu"] = ProductionSettings.WithDefaults(limits.Cpus!),
            ["memory"] = ProductionSettings.WithDefaults(limits.Memory!) + "i", // both mean powers of two
        };
        return new Dictionary<string, object>
        {
            ["name"] = service.Name,
            ["image"] = ProductionSettings.WithDefaults(service.Image!),
            ["ports"] = new[] { new Dictionary<string, object> { ["name"] = "http", ["containerPort"] = Number(service.Expose[0]) } },
            ["env"] = service.Environment.Where(e => IsForCluster(e.Key)).Select(e => Variable(e.Key, e.Value)).ToArray(),
            ["resources"] = new Dictionary<string, object> { ["requests"] = resources, ["limits"] = resources },
            ["securityContext"] = new Dictionary<string, object>
            {
                ["allowPrivilegeEscalation"] = false,
                ["readOnlyRootFilesystem"] = service.ReadOnly == true,
                ["capabilities"] = new Dictionary<string, object> { ["drop"] = service.CapDrop },
            },
            ["startupProbe"] = Probe("/health", period: 2, failures: 60),
            ["readinessProbe"] = Probe("/health", period: 10, failures: 3),
            ["livenessProbe"] = Probe("/alive", period: 10, failures: 6),
            ["volumeMounts"] = new[] { Mount("data", "/data"), Mount("scratch", "/tmp") },
        };
    }

    private static Dictionary<string, object> Mount(string name, string path) => new() { ["name"] = name, ["mountPath"] = path };

    private static Dictionary<string, object> Probe(string path, int period, int failures) => new()
    {
        ["httpGet"] = new Dictionary<string, object> { ["path"] = path, ["port"] = "http" },
        ["periodSeconds"] = period,
        ["timeoutSeconds"] = 5,
        ["failureThreshold"] = failures,
    };

    /// <summary>Each replica has a volume of its own here; who forwards requests, and where metrics go, is the cluster's to say.</summary>
    private static bool IsForCluster(string variable) =>
        variable is not ("DATA_SHARED" or "TRUSTED_PROXIES") && !variable.StartsWith("OTEL_EXPORTER", StringComparison.Ordinal);

    private static Dictionary<string, object> Variable(string name, string value) =>
        value == ProductionSettings.Reference(ProductionSettings.ClientSecret)
            ? new()
            {
                ["name"] = name,
                ["valueFrom"] = new Dictionary<string, object>
                {
                    ["secretKeyRef"] = new Dictionary<string, object> { ["name"] = SecretName, ["key"] = "client-secret" },
                },
            }
            : new() { ["name"] = name, ["value"] = ProductionSettings.WithDefaults(value) };

    private static Dictionary<string, object> DisruptionBudget(Service service) =>
        Resource("policy/v1", "PodDisruptionBudget", service.Name, new Dictionary<string, object>
        {
            ["maxUnavailable"] = 1,
            ["selector"] = Selector(service.Name),
        });

    /// <summary>In: whoever the cluster lets reach the server's port, its ingress among them. Out: the clients, and names.</summary>
    private static Dictionary<string, object> ServerPolicy(Service server, Service client) =>
        Resource("networking.k8s.io/v1", "NetworkPolicy", server.Name, new Dictionary<string, object>
        {
            ["podSelector"] = Selector(server.Name),
            ["policyTypes"] = List("Ingress", "Egress"),
            ["ingress"] = new[] { new Dictionary<string, object> { ["ports"] = new[] { Tcp(server) } } },
            ["egress"] = new[]
            {
                new Dictionary<string, object> { ["to"] = Pods(client), ["ports"] = new[] { Tcp(client) } },
                new Dictionary<string, object>
                {
                    ["ports"] = new[]
                    {
                        new Dictionary<string, object> { ["protocol"] = "UDP", ["port"] = 53 },
                        new Dictionary<string, object> { ["protocol"] = "TCP", ["port"] = 53 },
                    },
                },
            },
        });

    /// <summary>In: the server. Out: nothing, so that a job that finds a hole in its sandbox finds no network behind it.</summary>
    private static Dictionary<string, object> ClientPolicy(Service server, Service client) =>
        Resource("networking.k8s.io/v1", "NetworkPolicy", client.Name, new Dictionary<string, object>
        {
            ["podSelector"] = Selector(client.Name),
            ["policyTypes"] = List("Ingress", "Egress"),
            ["ingress"] = new[] { new Dictionary<string, object> { ["from"] = Pods(server), ["ports"] = new[] { Tcp(client) } } },
            ["egress"] = Array.Empty<object>(),
        });

    private static Dictionary<string, object>[] Pods(Service service) => [new() { ["podSelector"] = Selector(service.Name) }];

    private static Dictionary<string, object> Tcp(Service service) => new() { ["protocol"] = "TCP", ["port"] = Number(service.Expose[0]) };

    /// <summary>More clients while the oldest job has waited a minute, fewer after a quarter of an hour without.</summary>
    private static Dictionary<string, object> Autoscaler(Service service) =>
        Resource("autoscaling/v2", "HorizontalPodAutoscaler", service.Name, new Dictionary<string, object>
        {
            ["scaleTargetRef"] = new Dictionary<string, object> { ["apiVersion"] = "apps/v1", ["kind"] = "StatefulSet", ["name"] = service.Name },
            ["minReplicas"] = service.Deploy!.Replicas ?? 1,
            ["maxReplicas"] = 4 * (service.Deploy.Replicas ?? 1),
            ["metrics"] = new[]
            {
                new Dictionary<string, object>
                {
                    ["type"] = "External",
                    ["external"] = new Dictionary<string, object>
                    {
                        ["metric"] = new Dictionary<string, object> { ["name"] = "joborchestrator_queue_oldest_age_seconds" },
                        ["target"] = new Dictionary<string, object> { ["type"] = "Value", ["value"] = "60" },
                    },
                },
            },
            ["behavior"] = new Dictionary<string, object>
            {
                ["scaleDown"] = new Dictionary<string, object> { ["stabilizationWindowSeconds"] = 900 },
            },
        });

    private static string[] List(params string[] items) => items;

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
