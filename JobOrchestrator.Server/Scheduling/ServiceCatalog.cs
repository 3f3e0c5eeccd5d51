using System.Globalization;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Webhooks;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>
/// The configured services, from the classic variables (<c>SERVICE_&lt;NAME&gt;_CLIENTS</c>, …) and from structured configuration
/// (<c>Services:&lt;name&gt;:Clients:0</c>, …); where both name a setting, the structured one wins.
/// </summary>
internal sealed class ServiceCatalog
{
    private const string Prefix = "SERVICE_";

    /// <summary>Setting → its suffix in classic variables. Longer suffixes first, so that a name may contain underscores.</summary>
    private static readonly (string Setting, string Suffix)[] Settings =
    [
        ("DiskEntriesLimit", "_DISK_ENTRIES_LIMIT"),
        ("OpenFilesLimit", "_OPEN_FILES_LIMIT"),
        ("ProcessesLimit", "_PROCESSES_LIMIT"),
        ("FileSizeLimit", "_FILE_SIZE_LIMIT"),
        ("TerminateUrl", "_TERMINATE_URL"),
        ("QueuedPerUser", "_QUEUED_PER_USER"),
        ("DownloadUrl", "_DOWNLOAD_URL"),
        ("RunsPerUser", "_RUNS_PER_USER"),
        ("CallbackUrl", "_CALLBACK_URL"),
        ("MaxAttempts", "_MAX_ATTEMPTS"),
        ("MemoryLimit", "_MEMORY_LIMIT"),
        ("OutputLimit", "_OUTPUT_LIMIT"),
        ("TimeLimit", "_TIME_LIMIT"),
        ("DiskLimit", "_DISK_LIMIT"),
        ("UploadUrl", "_UPLOAD_URL"),
        ("CpuLimit", "_CPU_LIMIT"),
        ("Network", "_NETWORK"),
        ("MaxRuns", "_MAX_RUNS"),
        ("Clients", "_CLIENTS"),
        ("Cpus", "_CPUS"),
    ];

    private static readonly string[] ClassicSettings = ["UploadUrl", "DownloadUrl", "TerminateUrl"];

    private ServiceCatalog(IReadOnlyDictionary<string, ServiceDefinition> services) => Services = services;

    /// <summary>By name; lookup ignores case.</summary>
    public IReadOnlyDictionary<string, ServiceDefinition> Services { get; }

    /// <summary>Wall-clock limit of a script: the service's, or its owner's where that is shorter; null for none.</summary>
    public TimeSpan? TimeLimitOf(string service, int? ownSeconds)
    {
        var limit = Services.GetValueOrDefault(service)?.TimeLimit;
        TimeSpan? own = ownSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        return own is null || limit < own ? limit : own;
    }

    /// <summary>Reads the services; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static ServiceCatalog Load(IConfiguration configuration, List<string> errors)
    {
        var raw = new SortedDictionary<string, Dictionary<string, (string Key, string Value)>>(StringComparer.OrdinalIgnoreCase);
        ReadClassic(configuration, raw, errors);
        ReadStructured(configuration, raw, errors);
        var services = new Dictionary<string, ServiceDefinition>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, settings) in raw)
        {
            services[name] = new DefinitionReader(name.ToLowerInvariant(), settings, errors).Read();
        }

        return new ServiceCatalog(services);
    }

    private static void ReadClassic(
        IConfiguration configuration, SortedDictionary<string, Dictionary<string, (string Key, string Value)>> raw, List<string> errors)
    {
        foreach (var section in configuration.GetChildren())
        {
            var key = section.Key;
            if (!key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || section.Value is null)
            {
                continue;
            }

            var match = Settings.FirstOrDefault(s => key.EndsWith(s.Suffix, StringComparison.OrdinalIgnoreCase));
            if (match.Setting is null || key.Length <= Prefix.Length + match.Suffix.Length)
            {
                errors.Add($"{key} is not a setting of a service; it must be {Prefix}<NAME> followed by one of "
                    + string.Join(", ", Settings.Select(s => s.Suffix).Order(StringComparer.Ordinal)) + ".");
                continue;
            }

            Put(raw, key[Prefix.Length..^match.Suffix.Length], match.Setting, key, section.Value);
        }
    }

    private static void ReadStructured(
        IConfiguration configuration, SortedDictionary<string, Dictionary<string, (string Key, string Value)>> raw, List<string> errors)
    {
        foreach (var service in configuration.GetSection("Services").GetChildren())
        {
            foreach (var setting in service.GetChildren())
            {
                var known = Settings.FirstOrDefault(s => s.Setting.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)).Setting;
                if (known is null && IsDiscovery(setting))
                {
                    continue;
                }

                if (known is null)
                {
                    errors.Add($"{setting.Path} is not a setting of a service; known are "
                        + string.Join(", ", Settings.Select(s => s.Setting).Order(StringComparer.Ordinal)) + ".");
                    continue;
                }

                var value = setting.Value ?? string.Join(',', setting.GetChildren().Select(c => c.Value));
                Put(raw, service.Key, known, setting.Path, value);
            }
        }
    }

    /// <summary>Service discovery keeps its addresses in the same section: <c>services:&lt;host&gt;:&lt;endpoint&gt;:&lt;n&gt;</c>.</summary>
    private static bool IsDiscovery(IConfigurationSection setting) => setting.Key.ToLowerInvariant() is "http" or "https" || setting.Value is null;

    private static void Put(
        SortedDictionary<string, Dictionary<string, (string Key, string Value)>> raw, string name, string setting, string key, string value)
    {
        if (!raw.TryGetValue(name, out var settings))
        {
            raw[name] = settings = new(StringComparer.Ordinal);
        }

        settings[setting] = (key, value.Trim());
    }

    /// <summary>Turns one service's raw settings into its definition.</summary>
    private sealed class DefinitionReader(
        string name, Dictionary<string, (string Key, string Value)> settings, List<string> errors)
    {
        public ServiceDefinition Read()
        {
            var definition = new ServiceDefinition
            {
                Name = name,
                Clients = ReadClients(),
                Classic = ReadClassicUrls(),
                RunsPerUser = ReadNumber("RunsPerUser", ServiceDefinition.DefaultRunsPerUser),
                MaxRuns = ReadNumber("MaxRuns", ServiceDefinition.DefaultMaxRuns),
                QueuedPerUser = ReadNumber("QueuedPerUser", ServiceDefinition.DefaultQueuedPerUser),
                MaxAttempts = ReadNumber("MaxAttempts", ServiceDefinition.DefaultMaxAttempts),
                CallbackUrl = ReadCallbackUrl(),
                TimeLimit = settings.ContainsKey("TimeLimit") ? TimeSpan.FromSeconds(ReadNumber("TimeLimit", 1)) : null,
                Limits = ReadLimits(),
                Network = ReadNetwork(),
            };
            if (!settings.ContainsKey("Clients") && !ClassicSettings.Any(settings.ContainsKey))
            {
                errors.Add($"Service '{name}' has no client nodes: set {Prefix}{name.ToUpperInvariant()}_CLIENTS, or its three classic URLs.");
            }

            return definition;
        }

        private List<Uri> ReadClients()
        {
            if (!settings.TryGetValue("Clients", out var setting))
            {
                return [];
            }

            var addresses = setting.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (addresses.Length == 0)
            {
                errors.Add($"{setting.Key} is empty; it must list base addresses such as http://host:9000, separated by commas.");
            }

            return [.. addresses.Select(a => ReadUrl(setting.Key, a)).OfType<Uri>()];
        }

        private ClassicUrls? ReadClassicUrls()
        {
            if (!ClassicSettings.Any(settings.ContainsKey))
            {
                return null;
            }

            var urls = ClassicSettings.Select(ReadClassicUrl).ToArray();
            return urls is [{ } upload, { } download, { } terminate] ? new ClassicUrls(upload, download, terminate) : null;
        }

        private Uri? ReadClassicUrl(string setting)
        {
            if (settings.TryGetValue(setting, out var value))
            {
                return ReadUrl(value.Key, value.Value);
            }

            var suffix = Settings.Single(s => s.Setting == setting).Suffix;
            errors.Add($"Service '{name}' lacks {Prefix}{name.ToUpperInvariant()}{suffix}: the three classic URLs only work together.");
            return null;
        }

        private Uri? ReadUrl(string key, string value)
        {
            // "http+https://name" lets service discovery choose the scheme.
            if (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Host.Length > 0
                && uri.Scheme is "http" or "https" or "http+https" or "https+http")
            {
                return uri;
            }

            errors.Add($"{key} contains '{value}', which is no address such as http://host:9000.");
            return null;
        }

        private Uri? ReadCallbackUrl()
        {
            if (!settings.TryGetValue("CallbackUrl", out var value))
            {
                return null;
            }

            if (CallbackAddress.TryParse(value.Value, out var address, out var problem))
            {
                return address;
            }

            errors.Add($"{value.Key} is '{value.Value}', but {problem}.");
            return null;
        }

        private ExecutionLimits ReadLimits() => new()
        {
            Cpu = settings.ContainsKey("CpuLimit") ? TimeSpan.FromSeconds(ReadNumber("CpuLimit", 1)) : null,
            Cpus = ReadCpus(),
            Memory = ReadAmount("MemoryLimit", ServiceDefinition.LeastMemory),
            Processes = ReadAmount("ProcessesLimit", 1),
            OpenFiles = ReadAmount("OpenFilesLimit", ServiceDefinition.LeastOpenFiles),
            FileSize = ReadAmount("FileSizeLimit", ServiceDefinition.LeastFileSize),
            Disk = ReadAmount("DiskLimit", ServiceDefinition.LeastDisk),
            DiskEntries = ReadAmount("DiskEntriesLimit", ServiceDefinition.LeastDiskEntries),
            Output = ReadAmount("OutputLimit", 0),
        };

        private double? ReadCpus()
        {
            if (!settings.TryGetValue("Cpus", out var value))
            {
                return null;
            }

            if (double.TryParse(value.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus) && cpus > 0)
            {
                return cpus;
            }

            errors.Add($"{value.Key} is '{value.Value}', but must be a number above 0, such as 2 or 0.5.");
            return null;
        }

        private bool ReadNetwork()
        {
            if (!settings.TryGetValue("Network", out var value) || value.Value.Equals("off", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            if (!value.Value.Equals("on", StringComparison.OrdinalIgnoreCase))
            {
                errors.Add($"{value.Key} is '{value.Value}', but must be on or off.");
            }

            return true;
        }

        /// <summary>A number, with <c>K</c>, <c>M</c> or <c>G</c> behind it times 1024, 1024² or 1024³; null when it is not set.</summary>
        private long? ReadAmount(string setting, long min)
        {
            if (!settings.TryGetValue(setting, out var value))
            {
                return null;
            }

            var shift = value.Value.LastOrDefault() switch { 'K' or 'k' => 10, 'M' or 'm' => 20, 'G' or 'g' => 30, _ => 0 };
            var digits = shift == 0 ? value.Value : value.Value[..^1];
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= long.MaxValue >> shift && number << shift >= min)
            {
                return number << shift;
            }

            errors.Add($"{value.Key} is '{value.Value}', but must be a whole number of at least {min}; K, M or G behind it multiply.");
            return null;
        }

        private int ReadNumber(string setting, int fallback)
        {
            if (!settings.TryGetValue(setting, out var value))
            {
                return fallback;
            }

            if (int.TryParse(value.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                return number;
            }

            errors.Add($"{value.Key} is '{value.Value}', but must be a whole number above 0.");
            return fallback;
        }
    }
}
