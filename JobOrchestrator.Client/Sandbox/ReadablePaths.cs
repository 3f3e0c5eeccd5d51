namespace JobOrchestrator.Client.Sandbox;

/// <summary>What of the system a script may read: programs, libraries, and the handful of settings they need; nobody's data, and no secrets.</summary>
internal static class ReadablePaths
{
    /// <summary>Programs and libraries.</summary>
    public static readonly string[] Programs = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store"];

    /// <summary>What programs ask the kernel about itself, the machine and themselves. Other processes' secrets are kept by Landlock's own rule on them.</summary>
    public static readonly string[] Kernel = ["/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage"];

    /// <summary>Devices without a memory.</summary>
    public static readonly string[] Devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

    /// <summary>In <c>/etc</c>. A list of what is open, not of what is closed: nobody can list all the secrets that lie there.</summary>
    public static readonly string[] Settings =
    [
        "alternatives", "bash.bashrc", "ca-certificates", "ca-certificates.conf", "crypto-policies", "debian_version", "environment", "fonts", "gai.conf", "group",
        "host.conf", "hostname", "hosts", "inputrc", "java", "java-17-openjdk", "java-21-openjdk", "java-25-openjdk", "ld.so.cache",
        "ld.so.conf", "ld.so.conf.d", "localtime", "locale.alias", "locale.conf", "locale.gen", "login.defs", "lsb-release", "magic", "magic.mime", "mailcap", "matplotlibrc",
        "mime.types", "nsswitch.conf", "OpenCL", "openmpi", "os-release", "passwd", "perl", "pki/tls/certs", "pki/ca-trust", "profile", "profile.d", "protocols", "python3",
        "R", "resolv.conf", "rpc", "services", "shells", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone", "xml",
    ];

    /// <summary>Whether one path is another, or lies beneath it. Both absolute and normal.</summary>
    public static bool IsBeneath(string path, string ancestor) =>
        path == ancestor || path.StartsWith(ancestor.EndsWith('/') ? ancestor : ancestor + "/", StringComparison.Ordinal);

    /// <summary>
    /// The same paths without what must stay closed: where one holds something closed, what lies beside that takes its place. What appears there
    /// later stays closed until the client starts anew.
    /// </summary>
    public static IEnumerable<string> Without(IEnumerable<string> paths, IReadOnlyList<string> closed)
    {
        foreach (var path in paths)
        {
            if (closed.Any(c => IsBeneath(path, c)))
            {
                continue;
            }

            if (!closed.Any(c => IsBeneath(c, path)))
            {
                yield return path;
                continue;
            }

            // Links are left out: what they lead to is beneath something else, or has no business here.
            var children = new DirectoryInfo(path).EnumerateFileSystemInfos().Where(c => c.LinkTarget is null).Select(c => c.FullName);
            foreach (var child in Without(children, closed))
            {
                yield return child;
            }
        }
    }
}
