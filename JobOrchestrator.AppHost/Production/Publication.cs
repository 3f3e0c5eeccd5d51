namespace JobOrchestrator.AppHost.Production;

/// <summary>Everything of a publication that is not the host's: networks and volumes, the <c>.env</c> lines, and the files the services mount.</summary>
/// <param name="hostDirectory">A directory of the source tree; <c>deploy/</c> lies beside it or above.</param>
/// <param name="output">Directory published to, absolute.</param>
/// <param name="kubernetes">Directory of the Kubernetes manifests, absolute; null to write none.</param>
internal sealed class Publication(string hostDirectory, string output, string? kubernetes)
{
    /// <summary>Directories of <c>deploy/</c> that services mount; a missing one is an error.</summary>
    private static readonly string[] Mounted = ["grafana", "nginx", "prometheus"];

    /// <summary>
    /// Asks for a cgroup the client may divide among its jobs. A file of its own, because not every engine can give one: Docker can from version 28 on
    /// hosts with cgroup v2, and others refuse the option.
    /// </summary>
    private const string DelegatedCgroup =
        """
        # Each job gets a cgroup of its own. Needs Docker 28 or later and cgroup v2 on the host:
        #   docker compose -f docker-compose.yaml -f docker-compose.cgroup.yaml up -d
        # With Podman 4 or later write "unmask=/sys/fs/cgroup" instead.
        services:
          client:
            security_opt:
            - writable-cgroups=true

        """;

    private ComposeFile? _compose;

    /// <summary>Call it when all services are in the file.</summary>
    public void Complete(ComposeFile file)
    {
        _compose = file;
        ProductionNetworks.AddTo(file);
        foreach (var mount in file.Services.Values.SelectMany(s => s.Volumes).Where(v => v.Type == "volume"))
        {
            file.AddVolume(new Volume { Name = mount.Source!, Driver = "local" });
        }
    }

    /// <summary>Call it after the host has run; the exit code of the program. A publication that failed left no compose file, whatever the host says.</summary>
    public int Finish()
    {
        var compose = Path.Combine(output, "docker-compose.yaml");
        if (Environment.ExitCode != 0 || !File.Exists(compose))
        {
            Console.Error.WriteLine($"Nothing was published to {output}; the reason is above.");
            return Environment.ExitCode == 0 ? 1 : Environment.ExitCode;
        }

        try
        {
            ComposeDocument.Finish(compose);
            File.WriteAllText(Path.Combine(output, "docker-compose.cgroup.yaml"), DelegatedCgroup);
            var sources = FindSources();
            foreach (var name in Mounted)
            {
                Copy(Path.Combine(sources, name), Path.Combine(output, name));
            }

            if (kubernetes is not null)
            {
                new KubernetesBase(_compose!).Write(kubernetes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"Publishing to {output} was not completed: {e.Message}");
            return 1;
        }

        Console.WriteLine($"Published to {output}. Next: fill in .env, make certificates/ (nginx/make-certificate.sh makes a trial one), and docker compose up -d.");
        return 0;
    }

    private string FindSources()
    {
        for (var directory = new DirectoryInfo(hostDirectory); directory is not null; directory = directory.Parent)
        {
            var deploy = Path.Combine(directory.FullName, "deploy");
            if (Directory.Exists(Path.Combine(deploy, "nginx")))
            {
                return deploy;
            }
        }

        throw new DirectoryNotFoundException($"There is no deploy/nginx above {hostDirectory}; publish from a source tree.");
    }

    /// <summary>Copies a directory, and removes files of an earlier publication that it no longer has.</summary>
    private static void Copy(string source, string target)
    {
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }

        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
