using System.Globalization;

namespace JobOrchestrator.Server;

/// <summary>Settings of the server process, from the classic environment variables and ours.</summary>
internal sealed record ServerOptions
{
    public const int DefaultPort = 5000;
    public const long DefaultMaxUploadBytes = 400L << 20;
    public const long DefaultMinFreeBytes = 64L << 20;
    public const long DefaultEventsKept = 1_000_000;
    public const long DefaultMaxUnpackedBytes = 4L << 30;

    /// <summary><c>PORT</c>: TCP port to listen on when <c>ASPNETCORE_URLS</c> is not set.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary><c>DB_PATH</c>: the SQLite file, absolute.</summary>
    public required string DatabasePath { get; init; }

    /// <summary><c>DATA_PATH</c>: directory of inputs and results, absolute.</summary>
    public required string DataPath { get; init; }

    /// <summary><c>MAX_AGE</c> (seconds): how long files are kept after a job's end.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromSeconds(864_000);

    /// <summary><c>MAX_DATA_BYTES</c>: files of ended jobs go, oldest end first, while all jobs' files together take more; 0: no such limit.</summary>
    public long MaxDataBytes { get; init; }

    /// <summary><c>MIN_FREE_BYTES</c>: uploads are refused that would leave less free, so that the jobs there are can go on.</summary>
    public long MinFreeBytes { get; init; } = DefaultMinFreeBytes;

    /// <summary><c>MAX_UPLOAD_BYTES</c>: largest body of an upload; past it 413.</summary>
    public long MaxUploadBytes { get; init; } = DefaultMaxUploadBytes;

    /// <summary><c>CLIENT_LOST_AFTER</c> (seconds): how long a client node may be unreachable before its jobs go elsewhere.</summary>
    public TimeSpan ClientLostAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>TRANSFER_DEADLINE</c> (seconds): how long a job's files may take to or from a client node, however steadily they come.</summary>
    public TimeSpan TransferDeadline { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>TRANSFER_STANDSTILL</c> (seconds): how long a transfer to or from a client node may stand still before it counts as cut.</summary>
    public TimeSpan TransferStandstill { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>START_DEADLINE</c> (seconds): how long a job may wait on a client node before it goes elsewhere.</summary>
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>RUN_DEADLINE</c> (seconds): how long a job without a time limit may run before it is ended.</summary>
    public TimeSpan RunDeadline { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>STOP_GRACE</c> (seconds): how long a stop waits for requests and transfers under way.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>QUEUE_DEADLINE</c> (seconds): how long a job may wait before it is given up.</summary>
    public TimeSpan QueueDeadline { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>EVENTS_KEPT</c>: how many of the latest changes of jobs' states stay on record for readers of the event stream.</summary>
    public long EventsKept { get; init; } = DefaultEventsKept;

    /// <summary><c>MAX_UNPACKED_BYTES</c>: what an uploaded archive may unpack to.</summary>
    public long MaxUnpackedBytes { get; init; } = DefaultMaxUnpackedBytes;

    /// <summary><c>REMOVED_SERVICE_GRACE</c> (seconds): how long jobs of a service that is no longer configured wait for its return.</summary>
    public TimeSpan RemovedServiceGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Reads the settings; every problem is added to <paramref name="errors"/>, none is thrown.</summary>
    public static ServerOptions Load(IConfiguration configuration, List<string> errors)
    {
        var reader = new Reader(configuration, errors);
        return new ServerOptions
        {
            Port = (int)reader.Number("PORT", DefaultPort, 0, 65535),
            DatabasePath = Path.GetFullPath(configuration["DB_PATH"] is { Length: > 0 } database ? database : "db.sqlite"),
            DataPath = Path.GetFullPath(configuration["DATA_PATH"] is { Length: > 0 } data ? data : "data"),
            MaxAge = reader.Seconds("MAX_AGE", TimeSpan.FromSeconds(864_000)),
            MaxDataBytes = reader.Number("MAX_DATA_BYTES", 0, 0, long.MaxValue),
            MinFreeBytes = reader.Number("MIN_FREE_BYTES", DefaultMinFreeBytes, 0, long.MaxValue),
            MaxUploadBytes = reader.Number("MAX_UPLOAD_BYTES", DefaultMaxUploadBytes, 1, long.MaxValue),
            ClientLostAfter = reader.Seconds("CLIENT_LOST_AFTER", TimeSpan.FromSeconds(60)),
            TransferDeadline = reader.Seconds("TRANSFER_DEADLINE", TimeSpan.FromHours(1)),
            TransferStandstill = reader.Seconds("TRANSFER_STANDSTILL", TimeSpan.FromSeconds(60)),
            StartDeadline = reader.Seconds("START_DEADLINE", TimeSpan.FromHours(1)),
            RunDeadline = reader.Seconds("RUN_DEADLINE", TimeSpan.FromDays(30)),
            StopGrace = reader.Seconds("STOP_GRACE", TimeSpan.FromSeconds(30)),
            QueueDeadline = reader.Seconds("QUEUE_DEADLINE", TimeSpan.FromDays(30)),
            EventsKept = reader.Number("EVENTS_KEPT", DefaultEventsKept, 1000, long.MaxValue),
            MaxUnpackedBytes = reader.Number("MAX_UNPACKED_BYTES", DefaultMaxUnpackedBytes, 1, long.MaxValue),
            RemovedServiceGrace = reader.Seconds("REMOVED_SERVICE_GRACE", TimeSpan.FromHours(1)),
        };
    }

    private sealed class Reader(IConfiguration configuration, List<string> errors)
    {
        private static readonly TimeSpan MaxSeconds = TimeSpan.FromDays(36_500);

        public long Number(string key, long fallback, long min, long max)
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

        public TimeSpan Seconds(string key, TimeSpan fallback) =>
            TimeSpan.FromSeconds(Number(key, (long)fallback.TotalSeconds, 0, (long)MaxSeconds.TotalSeconds));
    }
}
