using System.Globalization;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client;

/// <summary>Settings of the client process, from the classic environment variables and ours.</summary>
internal sealed record ClientOptions
{
    public const int DefaultPort = 9000;

    /// <summary><c>PORT</c>: TCP port to listen on when <c>ASPNETCORE_URLS</c> is not set.</summary>
    public int Port { get; init; }

    /// <summary><c>BIND</c>: address to listen on. Loopback unless said otherwise, for whoever reaches a client can run programs on it.</summary>
    public required string Bind { get; init; }

    /// <summary><c>DATA_PATH</c>: directory of the jobs' directories, absolute.</summary>
    public required string DataPath { get; init; }

    /// <summary><c>DATA_SHARED</c>: several clients have this <c>DATA_PATH</c>; each takes a directory of its own below it.</summary>
    public bool DataShared { get; init; }

    /// <summary><c>MAX_AGE</c> (seconds): how long an ended execution is kept when the server does not delete it.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary><c>MAX_DATA_BYTES</c>: ended executions go, oldest end first, while all executions together take more; 0: no such limit.</summary>
    public long MaxDataBytes { get; init; }

    /// <summary><c>SLOTS</c>: executions at once.</summary>
    public int Slots { get; init; }

    /// <summary><c>NAME</c>: what people call this client.</summary>
    public required string Name { get; init; }

    /// <summary><c>VALIDATION</c>: what is done with a script the validator objects to.</summary>
    public ValidationMode Validation { get; init; }

    /// <summary><c>KILL_GRACE</c> (seconds): time between TERM and KILL.</summary>
    public TimeSpan KillGrace { get; init; }

    /// <summary><c>CLIENT_SECRET</c>, or <c>CLIENT_SECRET_FILE</c>: what a server must show; null when everybody is obeyed.</summary>
    public ClientSecret? Secret { get; init; }

    /// <summary><c>OPEN</c>: everybody who reaches the client is obeyed, for classic servers, which cannot show a secret.</summary>
    public bool Open { get; init; }

    /// <summary><c>DRAIN_TIME</c> (seconds): how long a SIGTERM waits for jobs to end and be fetched.</summary>
    public TimeSpan DrainTime { get; init; }

    /// <summary><c>MIN_DISK_FREE</c> (bytes): with less free space on the disk of <c>DATA_PATH</c> the client asks for no jobs.</summary>
    public long MinDiskFree { get; init; }

    /// <summary><c>SANDBOX</c> and its relatives: how scripts are confined.</summary>
    public required SandboxOptions Sandbox { get; init; }

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static ClientOptions Load(IConfiguration configuration, List<string> errors)
    {
        var dataPath = Path.GetFullPath(Text("DATA_PATH", "data"));
        return new ClientOptions
        {
            Port = (int)Number("PORT", DefaultPort, 0, 65535),
            Bind = Text("BIND", "127.0.0.1"),
            DataPath = dataPath,
            DataShared = IsOn("DATA_SHARED"),
            MaxAge = TimeSpan.FromSeconds(Number("MAX_AGE", 864_000, 0, 3_000_000_000)),
            MaxDataBytes = Number("MAX_DATA_BYTES", 0, 0, long.MaxValue),
            Slots = (int)Number("SLOTS", Environment.ProcessorCount, 1, 100_000),
            Name = Text("NAME", Environment.MachineName),
            Validation = Mode(),
            KillGrace = TimeSpan.FromSeconds(Number("KILL_GRACE", 5, 0, 3600)),
            Secret = ClientSecret.Load(key => configuration[key], errors),
            Open = IsOn("OPEN"),
            DrainTime = TimeSpan.FromSeconds(Number("DRAIN_TIME", 5, 0, 3_000_000)),
            MinDiskFree = Number("MIN_DISK_FREE", 64 << 20, 0, long.MaxValue),
            Sandbox = SandboxOptions.Load(configuration, dataPath, errors),
        };

        string Text(string key, string fallback) => configuration[key] is { Length: > 0 } text ? text : fallback;

        long Number(string key, long fallback, long min, long max)
        {
            if (configuration[key] is not { Length: > 0 } text)
            {
                return fallback;
            }

            if (long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            {
                return value;
            }

            errors.Add($"{key} is '{text}', but must be a whole number from {min} to {max}.");
            return fallback;
        }

        bool IsOn(string key)
        {
            var text = Text(key, "off");
            if (!text.Equals("on", StringComparison.OrdinalIgnoreCase) && !text.Equals("off", StringComparison.OrdinalIgnoreCase))
            {
                errors.Add($"{key} is '{text}', but must be on or off.");
            }

            return text.Equals("on", StringComparison.OrdinalIgnoreCase);
        }

        ValidationMode Mode()
        {
            var text = Text("VALIDATION", nameof(ValidationMode.Enforce));
            if (Enum.TryParse<ValidationMode>(text, ignoreCase: true, out var mode) && Enum.IsDefined(mode))
            {
                return mode;
            }

            errors.Add($"VALIDATION is '{text}', but must be enforce, warn or off.");
            return ValidationMode.Enforce;
        }
    }
}
