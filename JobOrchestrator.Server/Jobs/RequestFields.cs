using System.Globalization;
using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Webhooks;

namespace JobOrchestrator.Server.Jobs;

/// <summary>The fields of a v1 submission beside user and service, checked as they come.</summary>
internal sealed partial class RequestFields(WebhookOptions webhooks)
{
    public const int MaxNameLength = 200;
    public const int MaxTags = 16;
    public const int MaxPriority = 100;
    private const int MaxCpus = 4096;
    private const int MaxTimeLimitSeconds = 366 * 24 * 3600;

    private static readonly string[] Known =
    [
        "name", "priority", "timeout", "max_attempts", "tags", "cpus", "cpu_time", "memory", "processes", "open_files", "file_size", "disk", "disk_entries", "output",
        "callback_url",
    ];

    /// <summary>How the fields that ask for a limit read it out of all limits, to be compared with the service's.</summary>
    private static readonly (string Field, string Unit, Func<ExecutionLimits, double?> Of)[] Limits =
    [
        ("cpus", "", l => l.Cpus),
        ("cpu_time", " s", l => l.Cpu?.TotalSeconds),
        ("memory", " bytes", l => l.Memory),
        ("processes", "", l => l.Processes),
        ("open_files", "", l => l.OpenFiles),
        ("file_size", " bytes", l => l.FileSize),
        ("disk", " bytes", l => l.Disk),
        ("disk_entries", "", l => l.DiskEntries),
        ("output", " bytes", l => l.Output ?? ExecutionLimits.DefaultOutput),
    ];

    private readonly List<string> _tags = [];
    private JobRequest _request = JobRequest.Nothing;
    private ExecutionLimits _limits = new();

    /// <summary>Takes one field; <c>tags</c> may come several times, of the others the last one holds.</summary>
    /// <exception cref="UploadException">There is no such field, or its value is wrong.</exception>
    public void Take(string name, string value) => _request = name switch
    {
        "name" => _request with { Name = Name(value) },
        "priority" => _request with { Priority = Whole(name, value, -MaxPriority, MaxPriority) },
        "timeout" => _request with { TimeLimitSeconds = Whole(name, value, 1, MaxTimeLimitSeconds) },
        "max_attempts" => _request with { MaxAttempts = Whole(name, value, 1, int.MaxValue) },
        "cpus" => WithLimits(_limits with { Cpus = Cpus(value) }),
        "cpu_time" => WithLimits(_limits with { Cpu = TimeSpan.FromSeconds(Whole(name, value, 1, MaxTimeLimitSeconds)) }),
        "memory" => WithLimits(_limits with { Memory = Amount(name, value, ServiceDefinition.LeastMemory) }),
        "processes" => WithLimits(_limits with { Processes = Whole(name, value, 1, int.MaxValue) }),
        "open_files" => WithLimits(_limits with { OpenFiles = Whole(name, value, ServiceDefinition.LeastOpenFiles, int.MaxValue) }),
        "file_size" => WithLimits(_limits with { FileSize = Amount(name, value, ServiceDefinition.LeastFileSize) }),
        "disk" => WithLimits(_limits with { Disk = Amount(name, value, ServiceDefinition.LeastDisk) }),
        "disk_entries" => WithLimits(_limits with { DiskEntries = Whole(name, value, ServiceDefinition.LeastDiskEntries, int.MaxValue) }),
        "output" => WithLimits(_limits with { Output = Amount(name, value, 0) }),
        "tags" => WithTags(value),
        "callback_url" => _request with { CallbackUrl = CallbackUrl(value) },
        _ => throw Bad($"There is no field '{name}'; a submission has user_id, service, {string.Join(", ", Known)}, files, and an archive"),
    };

    /// <summary>What was asked for, compared with what the service allows.</summary>
    /// <exception cref="UploadException">It is more than the service allows.</exception>
    public JobRequest Complete(ServiceDefinition service)
    {
        if (_request.MaxAttempts > service.MaxAttempts)
        {
            throw Bad($"Field 'max_attempts' is {_request.MaxAttempts}, but service '{service.Name}' allows at most {service.MaxAttempts}");
        }

        if (service.TimeLimit is { } limit && _request.TimeLimitSeconds > limit.TotalSeconds)
        {
            throw Bad($"Field 'timeout' is {_request.TimeLimitSeconds} s, but service '{service.Name}' allows at most {limit.TotalSeconds:0} s");
        }

        if (_request.Limits is not null)
        {
            foreach (var (field, unit, of) in Limits)
            {
                // Only what was asked for is compared: reading the output's limit gives its default, too.
                if ((field != "output" || _limits.Output is not null) && of(_limits) > of(service.Limits))
                {
                    throw Bad(FormattableString.Invariant(
                        $"Field '{field}' is {of(_limits)}{unit}, but service '{service.Name}' allows at most {of(service.Limits)}{unit}"));
                }
            }
        }

        return _request with { Tags = _tags };
    }

    private JobRequest WithLimits(ExecutionLimits limits) => _request with { Limits = _limits = limits };

    private static string Name(string value) => value.Length is > 0 and <= MaxNameLength && !value.Any(char.IsControl)
        ? value
        : throw Bad($"Field 'name' must have 1 to {MaxNameLength} characters, none of them a control character");

    private static int Whole(string name, string value, int min, int max) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Bad($"Field '{name}' is '{value}', but must be a whole number from {min} to {max}");

    private static double Cpus(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus) && cpus is > 0 and <= MaxCpus
            ? cpus
            : throw Bad($"Field 'cpus' is '{value}', but must be a number above 0 and at most {MaxCpus}, such as 2 or 0.5");

    /// <summary>A number of bytes, or of larger units.</summary>
    private static long Amount(string name, string value, long min)
    {
        var match = AmountPattern().Match(value);
        var power = match.Success ? "KMGT".IndexOf(match.Groups[2].Value.ToUpperInvariant(), StringComparison.Ordinal) + 1 : 0;
        var shift = match.Success && match.Groups[2].Length > 0 ? 10 * power : 0;
        return match.Success && long.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= long.MaxValue >> shift && number << shift >= min
            ? number << shift
            : throw Bad($"Field '{name}' is '{value}', but must be at least {min} bytes: a number, or one with a unit, such as 512M or 4G");
    }

    private string CallbackUrl(string value)
    {
        if (webhooks.Secret is null)
        {
            throw Bad("Field 'callback_url' cannot be used: webhooks are switched off on this server (WEBHOOK_SECRET)");
        }

        return CallbackAddress.TryParse(value, out var address, out var problem)
            ? address.AbsoluteUri
            : throw Bad($"Field 'callback_url' is '{value}', but {problem}");
    }

    private JobRequest WithTags(string value)
    {
        foreach (var tag in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!TagPattern().IsMatch(tag))
            {
                throw Bad($"Tag '{tag}' must have 1 to 64 letters, digits or . _ : = / -");
            }

            if (!_tags.Contains(tag, StringComparer.Ordinal))
            {
                _tags.Add(tag);
            }
        }

        return _tags.Count <= MaxTags ? _request : throw Bad($"More than {MaxTags} tags");
    }

    private static UploadException Bad(string message) => new(StatusCodes.Status400BadRequest, message);

    [GeneratedRegex("^[A-Za-z0-9._:=/-]{1,64}$")]
    private static partial Regex TagPattern();

    [GeneratedRegex("^([0-9]{1,18})(?:([KMGTkmgt])i?[Bb]?)?$")]
    private static partial Regex AmountPattern();
}
