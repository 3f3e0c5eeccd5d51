using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Files that are run later: by shells, by the login, by the system's timers.</summary>
internal static class StartupFiles
{
    private static readonly FrozenSet<string> InHome = FrozenSet.Create(
        StringComparer.Ordinal, ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
        ".kshrc", ".cshrc", ".tcshrc", ".login", ".logout", ".xinitrc", ".xprofile", ".xsession", ".xsessionrc", ".pam_environment", ".forward", ".rhosts", ".crontab", ".inputrc", ".vimrc");

    private static readonly string[] Prefixes =
    [
        "/etc/cron", "/etc/profile", "/etc/bash", "/etc/zsh", "/etc/rc", "/etc/init", "/etc/systemd", "/etc/ld.so", "/etc/anacrontab", "/etc/xdg/autostart", "/etc/environment",
        "/etc/udev", "/etc/inittab", "/etc/skel", "/etc/update-motd.d", "/var/spool/cron", "/var/spool/at", "/usr/lib/systemd", "/lib/systemd", "/etc/inetd", "/etc/xinetd",
    ];

    private static readonly string[] InPath =
        ["/.ssh/authorized_keys", "/.ssh/rc", "/.config/autostart", "/.config/systemd", "/.config/fish", "/.config/environment.d", "/.local/share/systemd", "/.local/share/autostart", "/.config/upstart"];

    /// <summary>Whether a normalised path is one of them.</summary>
    public static bool Contains(string path)
    {
        if (path[0] != Shell.Mark.Job && IsPythonHook(path))
        {
            return true;
        }

        if (path[0] is not ('/' or Shell.Mark.Home))
        {
            return false;
        }

        return (path[0] == Shell.Mark.Home || path.StartsWith("/home/", StringComparison.Ordinal) || path.StartsWith("/root", StringComparison.Ordinal)) && IsInHome(Shell.Paths.BaseName(path))
            || Prefixes.Any(p => path.StartsWith(p, StringComparison.Ordinal))
            || InPath.Any(p => path.Contains(p, StringComparison.Ordinal));
    }

    /// <summary>Whether it is the name of such a file in a home directory.</summary>
    public static bool IsName(string file) => InHome.Contains(file.TrimStart('/')) || file.EndsWith("authorized_keys", StringComparison.Ordinal);

    /// <summary>Every Python program of that user runs it first.</summary>
    private static bool IsPythonHook(string path) =>
        Shell.Paths.BaseName(path) is "usercustomize.py" or "sitecustomize.py" || (path.EndsWith(".pth", StringComparison.Ordinal) && path.Contains("/site-packages/", StringComparison.Ordinal));

    private static bool IsInHome(string name) =>
        InHome.Contains(name) || (Shell.Mark.HasGlob(name) && name[0] == '.' && InHome.Any(n => Shell.Glob.Matches(name, n)));
}
