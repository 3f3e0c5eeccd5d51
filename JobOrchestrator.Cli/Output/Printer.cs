using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Output;

/// <summary>Words and colours for people on a terminal, plain text in pipes, JSON for programs. Errors and progress go to stderr.</summary>
internal static class Printer
{
    private const long Kibi = 1024;
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Columns of a pipe or a file: whoever reads it has no edge to wrap at.</summary>
    private const int EndlessWidth = 1000;

    /// <summary>For progress and messages.</summary>
    public static IAnsiConsole Error { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>For answers.</summary>
    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);

    public static void Complain(string message) => Error.MarkupLineInterpolated($"[red]{message}[/]");

    public static void Note(string message) => Error.MarkupLineInterpolated($"[grey]{message}[/]");

    public static void Json<T>(T value, JsonTypeInfo<T> type)
    {
        using var output = Console.OpenStandardOutput();
        using (var writer = new Utf8JsonWriter(output, Indented))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        output.WriteByte((byte)'\n');
    }

    public static string Colour(JobStatus status) => status switch
    {
        JobStatus.Completed => "green",
        JobStatus.Failed or JobStatus.Invalid => "red",
        JobStatus.Killed => "yellow",
        JobStatus.Running => "blue",
        _ => "grey",
    };

    public static string Word(JobStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>In local time, short for today.</summary>
    public static string Time(DateTimeOffset? at)
    {
        if (at is not { } time)
        {
            return "";
        }

        var local = time.ToLocalTime();
        return local.ToString(local.Date == TimeProvider.System.GetLocalNow().Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes} min {span.Seconds:00} s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes:00} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.Days} d {span.Hours} h"),
    };

    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= Kibi && unit < Units.Length - 1)
        {
            value /= Kibi;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
        {
            console.Profile.Width = EndlessWidth;
        }

        return console;
    }
}
