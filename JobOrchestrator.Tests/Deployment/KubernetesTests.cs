using JobOrchestrator.Tests.Support;
using k8s;
using k8s.Models;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>The Kubernetes manifests kept in the repository, read strictly: a member that Kubernetes does not know is an error.</summary>
public class KubernetesTests
{
    private static readonly string Directory = Repository.PathOf("deploy", "kubernetes");

    public static TheoryData<string> Workloads => ["server", "client"];

    [Fact]
    public void Every_manifest_is_known_to_kubernetes_and_listed_unless_it_is_an_example()
    {
        var kinds = Files().SelectMany(f => Objects(f)).Select(o => o.GetType().Name).Order(StringComparer.Ordinal);
        Assert.Equal(
            ["V1Deployment", "V1NetworkPolicy", "V1NetworkPolicy", "V1PersistentVolumeClaim", "V1PodDisruptionBudget", "V1Service", "V1Service", "V1StatefulSet", "V2HorizontalPodAutoscaler"],
            kinds);
        var listed = File.ReadAllLines(Path.Combine(Directory, "kustomization.yaml")).Where(l => l.TrimStart().StartsWith("- ", StringComparison.Ordinal)).Select(l => l.Trim()[2..]);
        Assert.Equal(Files().Select(Path.GetFileName).Where(f => !f!.Contains(".example.", StringComparison.Ordinal)), listed);
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_pod_is_locked_down_watched_and_limited(string name)
    {
        var pod = PodOf(name);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal(10001, pod.SecurityContext.RunAsUser);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.True(pod.TerminationGracePeriodSeconds >= 60);
        var container = Assert.Single(pod.Containers);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.All(["cpu", "memory"], r => Assert.True(container.Resources.Limits.ContainsKey(r) && container.Resources.Requests.ContainsKey(r)));
        Assert.All([container.StartupProbe, container.ReadinessProbe, container.LivenessProbe], probe => Assert.NotNull(probe.HttpGet));
        Assert.Equal("client-secret", container.Env.Single(e => e.Name == "CLIENT_SECRET").ValueFrom.SecretKeyRef.Key);
        Assert.DoesNotContain(container.Env, e => e.Value?.Contains('$', StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Clients_are_reached_by_the_server_alone_and_reach_nobody()
    {
        var policy = Files().SelectMany(Objects).OfType<V1NetworkPolicy>().Single(p => p.Metadata.Name == "client");
        Assert.Equal(["Ingress", "Egress"], policy.Spec.PolicyTypes);
        Assert.Empty(policy.Spec.Egress);
        var from = Assert.Single(Assert.Single(policy.Spec.Ingress).FromProperty);
        Assert.Equal("server", from.PodSelector.MatchLabels["app.kubernetes.io/name"]);
        Assert.Null(from.NamespaceSelector);
    }

    [Fact]
    public void The_clients_name_stands_for_all_replicas()
    {
        var service = Files().SelectMany(Objects).OfType<V1Service>().Single(s => s.Metadata.Name == "client");
        Assert.Equal("None", service.Spec.ClusterIP);
        var address = PodOf("server").Containers[0].Env.Single(e => e.Name == "SERVICE_EXAMPLE_CLIENTS").Value;
        Assert.Equal($"http://client:{service.Spec.Ports[0].Port}", address);
    }

    private static V1PodSpec PodOf(string name) => name == "server"
        ? Files().SelectMany(Objects).OfType<V1Deployment>().Single().Spec.Template.Spec
        : Files().SelectMany(Objects).OfType<V1StatefulSet>().Single().Spec.Template.Spec;

    private static IEnumerable<string> Files() => System.IO.Directory.EnumerateFiles(Directory, "*.yaml")
        .Where(f => Path.GetFileName(f) != "kustomization.yaml").Order(StringComparer.Ordinal);

    private static List<object> Objects(string file) => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true);
}
