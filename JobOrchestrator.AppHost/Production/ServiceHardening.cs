namespace JobOrchestrator.AppHost.Production;

/// <summary>What holds for every published service, whatever it does; a test asks each for it.</summary>
internal static class ServiceHardening
{
    /// <summary>
    /// No privileges, no capabilities, a read-only root with a small scratch directory, limits on CPU and memory, rotated logs, a restart unless the
    /// operator stopped it. A limit on processes has no node in Aspire's model; <see cref="ComposeDocument"/> adds it.
    /// </summary>
    public static Service Harden(this Service service, string user, string cpus, string memory, string stopGrace)
    {
        service.User = user;
        service.ReadOnly = true;
        service.CapDrop = ["ALL"];
        service.SecurityOpt = ["no-new-privileges:true"];
        service.Tmpfs = ["/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777"];
        service.Ulimits["nofile"] = new Ulimit { Soft = 65_536, Hard = 65_536 };
        service.Ulimits["core"] = new Ulimit { Soft = 0, Hard = 0 };
        service.Deploy = new Deploy { Resources = new Resources { Limits = new ResourceSpec { Cpus = cpus, Memory = memory } } };
        service.Logging = new Logging { Driver = "json-file", Options = new() { ["max-size"] = "10m", ["max-file"] = "5" } };
        service.Restart = "unless-stopped";
        service.StopGracePeriod = stopGrace;
        return service;
    }

    /// <summary>How the engine learns that the service is ready; the command is one the image has.</summary>
    public static Service WithHealthCheck(this Service service, params string[] command)
    {
        service.Healthcheck = new Healthcheck
        {
            Test = ["CMD", .. command],
            Interval = "10s",
            Timeout = "5s",
            Retries = 3,
            StartPeriod = "60s",
        };
        return service;
    }

    /// <summary>A named volume, which survives the containers.</summary>
    public static Service WithNamedVolume(this Service service, string name, string target)
    {
        service.Volumes.Add(new Volume { Name = name, Type = "volume", Source = name, Target = target });
        return service;
    }

    /// <summary>A file or directory beside the compose file, which the service can only read.</summary>
    public static Service WithConfiguration(this Service service, string source, string target)
    {
        service.Volumes.Add(new Volume { Name = source, Type = "bind", Source = "./" + source, Target = target, ReadOnly = true });
        return service;
    }
}
