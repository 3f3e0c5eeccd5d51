using System.Buffers;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Knows secrets by the names of their files and variables.</summary>
internal static class Secrets
{
    private static readonly string[] HomeFileNames =
    [
        "/.ssh", "/.aws", "/.netrc", "/.pgpass", "/.my.cnf", "/.docker/config", "/.kube", "/.gnupg", "/.config/gcloud", "/.azure", "/.git-credentials",
        "/.npmrc", "/.pypirc", "/.bash_history", "/.zsh_history", "/.mysql_history", "/.psql_history", "/.python_history", "/.config/gh/",
        "/.config/rclone", "/.s3cfg", "/.boto", "/.mozilla", "/.config/google-chrome", "/.config/chromium", "/.local/share/keyrings", "/.password-store",
        "/.bitcoin", "/.ethereum", "/.electrum", "/.vault-token", "/.terraform.d", "/.config/hub", "/.subversion/auth", "/.Xauthority", "/.esd_auth",
        "/.bitmonero", "/.wallet", "/.smbcredentials", "/.cloudflared", "/.oci/",
        "/id_rsa", "/id_dsa", "/id_ecdsa", "/id_ed25519", "/authorized_keys",
    ];

    private static readonly string[] MetadataAddresses =
        ["169.254.169.254", "169.254.170.2", "metadata.google.internal", "metadata.azure.com", "100.100.100.200", "[fd00:ec2::254]"];

    private static readonly SearchValues<string> HomeFiles = SearchValues.Create(HomeFileNames, StringComparison.Ordinal);

    private static readonly string[] SystemFiles =
    [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh", "/etc/ssl/private",
        "/etc/krb5.keytab", "/etc/security", "/etc/pam.d", "/etc/mysql", "/etc/openvpn", "/etc/wireguard", "/etc/kubernetes", "/etc/munge",
        "/root", "/var/run/secrets", "/run/secrets", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd", "/var/lib/docker", "/var/lib/kubelet",
        "/var/spool/cron", "/var/mail", "/var/spool/mail", "/var/log/auth.log", "/var/log/secure", "/var/backups", "/var/lib/mysql", "/var/lib/sss",
        "/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/self/environ", "/proc/thread-self/environ", "/proc/1/environ", "/proc/1/root", "/proc/1/mem",
        "/proc/1/maps", "/proc/1/cwd", "/proc/1/fd", "/proc/1/cmdline", "/proc/self/mem", "/sys/kernel/debug", "/sys/kernel/security", "/sys/firmware", "/boot",
    ];

    private static readonly SearchValues<string> Patterns = SearchValues.Create(
        ["secret", "passw", "token", "credential", "api_key", "apikey", "private_key", "aws_", "access_key", "PRIVATE KEY"], StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<string> Metadata = SearchValues.Create(MetadataAddresses, StringComparison.OrdinalIgnoreCase);

    /// <summary>Text without which an argument names no secret in a home directory and no metadata service.</summary>
    public static IEnumerable<string> Noticeable => [.. HomeFileNames, .. MetadataAddresses];

    /// <summary>Whether a normalised path leads to something secret.</summary>
    public static bool IsSecretFile(string path)
    {
        if (path.AsSpan().ContainsAny(HomeFiles) && !path.EndsWith(".pub", StringComparison.Ordinal))
        {
            return true;
        }

        if (path[0] != '/')
        {
            return path[0] == Mark.Home && Mark.HasGlob(path) && HasHiddenPattern(path);
        }

        if (path.StartsWith("/proc/", StringComparison.Ordinal) && IsOfProcess(path))
        {
            return true;
        }

        var glob = Mark.HasGlob(path) && Mark.Strip(path).Trim('/').Length > 0;
        foreach (var secret in SystemFiles)
        {
            if (path.StartsWith(secret, StringComparison.Ordinal) && (path.Length == secret.Length || path[secret.Length] is '/' or Mark.Star))
            {
                return true;
            }

            if (glob && Glob.Matches(path, secret))
            {
                return true;
            }
        }

        return path.StartsWith("/home/", StringComparison.Ordinal) && Mark.HasGlob(path) && HasHiddenPattern(path);
    }

    public static bool IsMetadataService(string text) => text.AsSpan().ContainsAny(Metadata);

    /// <summary>Whether an environment variable of that name holds a secret. Upper case only: those in lower case are a script's own.</summary>
    public static bool IsSecretName(string name)
    {
        if (name.AsSpan().ContainsAnyInRange('a', 'z'))
        {
            return false;
        }

        var words = name.Split('_');
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] is "SECRET" or "SECRETS" or "PASSWORD" or "PASSWD" or "PASSPHRASE" or "CREDENTIALS" or "CREDENTIAL" or "APIKEY" or "PGPASSWORD" or "SECRETKEY" or "TOKEN")
            {
                return true;
            }

            if (words[i] == "KEY" && i > 0 && words[i - 1] is "API" or "ACCESS" or "PRIVATE" or "SECRET" or "AUTH" or "ENCRYPTION" or "SSH" or "SIGNING" or "MASTER")
            {
                return true;
            }
        }

        return name is "SSH_AUTH_SOCK" or "KUBECONFIG" or "AWS_ACCESS_KEY_ID" or "DATABASE_URL";
    }

    /// <summary>Whether a search pattern looks for secrets.</summary>
    public static bool IsSecretPattern(string pattern)
    {
        return pattern.AsSpan().ContainsAny(Patterns) || pattern.Equals("key", StringComparison.OrdinalIgnoreCase) || pattern.Equals("pass", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary><c>/proc/*/environ</c>, <c>/proc/1234/mem</c>, <c>/proc/{pid}/maps</c> in other languages; <c>/proc/self/status</c> is a process's own business.</summary>
    private static bool IsOfProcess(string path)
    {
        var parts = path.Split('/');
        if (parts.Length < 4)
        {
            return false;
        }

        var isOther = parts[2].Length > 0 && (char.IsAsciiDigit(parts[2][0]) || Mark.IsMark(parts[2][0]) || parts[2][0] is '{' or '%' or '#' or '$');
        var what = parts[3];
        return what is "environ" || (isOther && what is "mem" or "maps" or "root" or "cwd" or "fd" or "cmdline" or "auxv" or "stack")
            || (isOther && Mark.HasGlob(what) && Glob.Matches(what, "environ"));
    }

    private static bool HasHiddenPattern(string path) =>
        Glob.Matches(Paths.BaseName(path), "id_rsa") && path.Contains("/.", StringComparison.Ordinal);
}
