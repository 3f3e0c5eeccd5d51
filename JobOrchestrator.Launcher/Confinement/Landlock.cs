using System.ComponentModel;
using System.Runtime.InteropServices;

namespace JobOrchestrator.Launcher.Confinement;

/// <summary>
/// Landlock by direct system calls: a thread gives up, for itself and all it will start, every access to files that is not granted here, and
/// where the kernel knows how, TCP, signals to processes outside, and abstract sockets of others.
/// </summary>
internal sealed unsafe class Landlock : IDisposable
{
    /// <summary>From this version on signals and abstract sockets can be kept in.</summary>
    public const int ScopesSince = 6;

    private const long CreateRuleset = 444; // the same numbers on every architecture
    private const long AddRule = 445;
    private const long RestrictSelf = 446;
    private const int AskVersion = 1;
    private const int PathBeneath = 1;

    private const ulong Execute = 1 << 0;
    private const ulong WriteFile = 1 << 1;
    private const ulong ReadFile = 1 << 2;
    private const ulong ReadDirectory = 1 << 3;
    private const ulong MakeCharacterDevice = 1 << 6;
    private const ulong MakeBlockDevice = 1 << 11;
    private const ulong Refer = 1 << 13;
    private const ulong Truncate = 1 << 14;
    private const ulong DeviceControl = 1 << 15;

    private const ulong Reading = Execute | ReadFile | ReadDirectory;
    private const ulong OfFiles = Execute | WriteFile | ReadFile | Truncate | DeviceControl;

    private readonly int _ruleset;
    private readonly ulong _handled;

    private Landlock(int version, bool files, bool network)
    {
        _handled = !files ? 0UL : version switch
        {
            1 => (1UL << 13) - 1,
            2 => (1UL << 14) - 1,
            3 or 4 => (1UL << 15) - 1,
            _ => (1UL << 16) - 1,
        };
        var attributes = new RulesetAttributes
        {
            Files = _handled,
            Network = version >= 4 && files && !network ? 3u : 0, // bind and connect
            Scoped = version >= ScopesSince ? 3u : 0, // abstract sockets and signals
        };
        var size = version >= ScopesSince ? 24 : version >= 4 ? 16 : 8;
        _ruleset = (int)Native.SysCall(CreateRuleset, (nint)(&attributes), size, 0, 0, 0);
        if (_ruleset < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "Landlock refused the rules");
        }
    }

    /// <summary>The version of the kernel's interface; 0 where Landlock is missing or switched off.</summary>
    public static int Version => (int)Math.Max(0, Native.SysCall(CreateRuleset, 0, 0, AskVersion, 0, 0));

    /// <summary>Rules that grant nothing yet.</summary>
    /// <param name="version">As the kernel says.</param>
    /// <param name="network">Whether TCP is left alone.</param>
    public static Landlock ForFiles(int version, bool network) => new(version, files: true, network);

    /// <summary>Rules that only keep signals and abstract sockets in, from <see cref="ScopesSince"/> on.</summary>
    public static Landlock ForScopes(int version) => new(version, files: false, network: true);

    /// <summary>Grants reading and executing beneath a path; a path that is not there is no error.</summary>
    public void GrantReading(string path) => Grant(path, Reading);

    /// <summary>Grants everything beneath a path but the making of devices.</summary>
    public void GrantWriting(string path) => Grant(path, ulong.MaxValue & ~(MakeCharacterDevice | MakeBlockDevice));

    /// <summary>Puts the calling thread, and what it starts from now on, under these rules for good.</summary>
    public void Restrict()
    {
        if (Native.SysCall(RestrictSelf, _ruleset, 0, 0, 0, 0) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "Landlock could not be put in force");
        }
    }

    public void Dispose() => _ = Native.Close(_ruleset);

    private void Grant(string path, ulong access)
    {
        var target = Native.Open(path, Native.OPathOnly | Native.OCloseOnExec);
        if (target < 0)
        {
            return;
        }

        var rule = new PathRule { Access = access & _handled, Target = target };
        var failed = Native.SysCall(AddRule, _ruleset, PathBeneath, (nint)(&rule), 0, 0) != 0;
        if (failed)
        {
            // A single file takes only what can be done with files.
            rule.Access &= OfFiles;
            failed = Native.SysCall(AddRule, _ruleset, PathBeneath, (nint)(&rule), 0, 0) != 0;
        }

        var error = Marshal.GetLastPInvokeError();
        _ = Native.Close(target);
        if (failed)
        {
            throw new Win32Exception(error, $"Landlock took no rule for '{path}'");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RulesetAttributes
    {
        public ulong Files;
        public ulong Network;
        public ulong Scoped;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct PathRule
    {
        public ulong Access;
        public int Target;
    }
}
