using JobOrchestrator.Launcher;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>How scripts are confined.</summary>
internal sealed record SandboxOptions
{
    /// <summary><c>SANDBOX</c>, <c>Sandbox:Mode</c>: the tier to use; null (<c>auto</c>) for the strongest that works.</summary>
    public LaunchTier? Mode { get; init; }

    /// <summary><c>SANDBOX_REQUIRE</c>, <c>Sandbox:Require</c>: the least tier accepted.</summary>
    public LaunchTier Require { get; init; }

    /// <summary><c>SANDBOX_READ</c>, <c>Sandbox:Read</c>: absolute paths that scripts may read beneath, beside the system's.</summary>
    public IReadOnlyList<string> Read { get; init; } = [];

    /// <summary><c>SANDBOX_WRITE</c>, <c>Sandbox:Write</c>: absolute paths that scripts may write beneath, all of them together.</summary>
    public IReadOnlyList<string> Write { get; init; } = [];

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static SandboxOptions Load(IConfiguration configuration, string dataPath, List<string> errors)
    {
        var (modeKey, mode) = Setting("Sandbox:Mode", "SANDBOX");
        var (requireKey, require) = Setting("Sandbox:Require", "SANDBOX_REQUIRE");
        return new SandboxOptions
        {
            Mode = string.Equals(mode, "auto", StringComparison.OrdinalIgnoreCase) ? null : Tier(modeKey, mode, "auto, "),
            Require = Tier(requireKey, require, "") ?? LaunchTier.Process,
            Read = Paths("Sandbox:Read", "SANDBOX_READ"),
            Write = Paths("Sandbox:Write", "SANDBOX_WRITE"),
        };

        (string Key, string? Text) Setting(string structured, string flat) =>
            configuration[structured] is { Length: > 0 } text ? (structured, text) : (flat, configuration[flat] is { Length: > 0 } other ? other : null);

        LaunchTier? Tier(string key, string? text, string more)
        {
            if (text is null)
            {
                return null;
            }

            if (Enum.TryParse<LaunchTier>(text, ignoreCase: true, out var tier) && Enum.IsDefined(tier) && !char.IsAsciiDigit(text[0]))
            {
                return tier;
            }

            errors.Add($"{key} is '{text}', but must be {more}process, landlock or bubblewrap.");
            return null;
        }

        List<string> Paths(string structured, string flat)
        {
            var (key, text) = Setting(structured, flat);
            var paths = (text ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
            foreach (var path in paths)
            {
                if (!Path.IsPathRooted(path))
                {
                    errors.Add($"{key} contains '{path}', which is no absolute path.");
                }
                else if (ReadablePaths.IsBeneath(dataPath, Path.GetFullPath(path)))
                {
                    errors.Add($"{key} contains '{path}', which would open the data of all jobs ('{dataPath}') to each of them.");
                }
            }

            return paths;
        }
    }
}
